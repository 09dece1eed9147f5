import type { ChildProcess } from "node:child_process";
import type { RunningJob } from "../store/training-rows.ts";
import { resolveCommand } from "./job-command.ts";
import { planEnvironment } from "./job-environment.plan.ts";
import type { JobPaths } from "./job-folder.ts";
import { launchShim } from "./shim-launch.ts";

interface StartParts {
  readonly identities: { readonly issueJobToken: (jobId: string, expiresAt: number) => Promise<string> };
  readonly connection: { readonly programRoot: string };
  readonly settings: { readonly killGraceMs: number; readonly logLimitBytes: number };
  readonly clock: () => number;
  readonly nodeFolder: string;
  /** Where the job finds the service. */
  readonly url: string;
}

/** Time that a shim gets, beyond the command's own, to write down how the command ended. */
export const shimGraceMs = 5_000;

/** Starts the shim of an attempt, with a token that ends with it; or says why the command cannot be run. */
export async function startAttempt(
  parts: StartParts,
  job: RunningJob,
  paths: JobPaths,
): Promise<ChildProcess | { readonly problems: readonly string[] }> {
  const { killGraceMs, logLimitBytes } = parts.settings;
  const expiresAt = parts.clock() + job.timeoutMs + killGraceMs + shimGraceMs;
  const token = await parts.identities.issueJobToken(job.id, expiresAt);
  const facts = { jobId: job.id, attempt: job.attempt, url: parts.url, token };
  const environment = planEnvironment(process.env, parts.nodeFolder, job.environment, facts);
  const places = { programRoot: parts.connection.programRoot, searchPath: environment.PATH ?? "" };
  const resolved = await resolveCommand(job, places);
  if ("problems" in resolved) return resolved;
  const order = { ...resolved, environment, timeoutMs: job.timeoutMs, killGraceMs, logLimitBytes };
  return await launchShim(paths, job.attempt, { ...order, logPath: paths.log, exitPath: paths.exit });
}
