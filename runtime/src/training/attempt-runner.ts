import { access } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import type { RunningJob } from "../store/training-rows.ts";
import { shimGraceMs, startAttempt } from "./attempt-start.ts";
import type { AttemptRunner, BackendParts } from "./backend.ts";
import { forgetProcess, type JobPaths, jobPaths, readOutcome, readProcess } from "./job-folder.ts";
import type { AttemptOutcome } from "./outcome.ts";
import { isRunning, signalGroup, signalProcess } from "./process-identity.ts";

interface RunnerParts extends BackendParts {
  readonly connection: { readonly path: string; readonly programRoot: string };
  /** This service's name in the queue. */
  readonly runner: string;
  readonly nodeFolder: string;
  readonly url: string;
  /** Called when an attempt has ended and its place is free. */
  readonly wake: () => void;
}

/** An attempt under way. */
interface Attempt {
  readonly job: RunningJob;
  readonly paths: JobPaths;
  /** Whether its process is up, so that it can be looked at and ended. */
  launched: boolean;
  /** Whether a service before this one started it. */
  readonly adopted: boolean;
  /** When its process is killed outright because it did not follow the request to end. */
  killAt: number | null;
}

const closePollMs = 20;

/** The attempts that this service has under way as processes. */
export function createAttemptRunner(parts: RunnerParts): AttemptRunner {
  const { store, identities, connection, settings, clock, log, runner, wake } = parts;
  const attempts = new Map<string, Attempt>();
  const beginnings = new Set<Promise<void>>();

  function track(job: RunningJob, adopted: boolean): Attempt {
    const paths = jobPaths(connection.path, job.id, job.attempt);
    const attempt: Attempt = { job, paths, adopted, launched: adopted, killAt: null };
    attempts.set(job.id, attempt);
    return attempt;
  }

  async function launch(attempt: Attempt): Promise<void> {
    const shim = await startAttempt(parts, attempt.job, attempt.paths);
    if ("problems" in shim)
      return await settle(attempt, { kind: "not_started", reason: shim.problems.join(" ") });
    attempt.launched = true;
    shim.once("exit", wake);
    if (shim.exitCode !== null || shim.signalCode !== null) wake();
  }

  async function settle(attempt: Attempt, outcome: AttemptOutcome): Promise<void> {
    const { job, paths } = attempt;
    await store.settle(job, runner, outcome);
    await identities.revokeJobTokens(job.id);
    await forgetProcess(paths);
    attempts.delete(job.id);
    wake();
  }

  /** Settles an attempt whose process has ended. */
  async function look(attempt: Attempt): Promise<void> {
    const { job, paths, killAt } = attempt;
    const process = await readProcess(paths, job.attempt);
    if (process !== null && isRunning(process)) {
      if (killAt === null || clock() < killAt) return;
      signalProcess(process, "SIGKILL");
    }
    // A shim that was killed could not end its command.
    if (process?.child !== undefined && isRunning(process.child)) signalGroup(process.child.pid, "SIGKILL");
    await settle(attempt, (await readOutcome(paths)) ?? (await unseenOutcome(attempt)));
  }

  async function end(attempt: Attempt): Promise<void> {
    const process = await readProcess(attempt.paths, attempt.job.attempt);
    if (process === null || attempt.killAt !== null) return;
    attempt.killAt = clock() + settings.killGraceMs + shimGraceMs;
    signalProcess(process, "SIGTERM");
  }

  const launched = () => [...attempts.values()].filter((attempt) => attempt.launched);

  async function lookAtAll(): Promise<void> {
    for (const attempt of launched()) await look(attempt);
  }

  return {
    count: () => attempts.size,
    ids: () => launched().map(({ job }) => job.id),

    async adopt(job) {
      await look(track(job, true));
    },

    begin(job) {
      const attempt = track(job, false);
      const beginning = launch(attempt)
        .catch(async (error: unknown) => {
          log.error({ error, jobId: job.id }, "a training job could not be started");
          await settle(attempt, { kind: "not_started", reason: "its process could not be started." });
        })
        .catch((error: unknown) => {
          log.error({ error, jobId: job.id }, "a training job could not be settled");
          // The next look tries again.
          attempt.launched = true;
        })
        .finally(() => beginnings.delete(beginning));
      beginnings.add(beginning);
    },

    look: lookAtAll,

    async end(ids) {
      for (const id of ids) {
        const attempt = attempts.get(id);
        if (attempt?.launched) await end(attempt);
      }
    },

    /** Ends everything and settles it. */
    async close() {
      await Promise.all(beginnings);
      for (const attempt of attempts.values()) await end(attempt);
      while (attempts.size > 0) {
        await lookAtAll();
        if (attempts.size > 0) await sleep(closePollMs);
      }
    },
  };
}

/**
 * What can be told of an attempt that left no record of its end. One that the service before this one had taken but
 * that has no log had not begun, and is not counted.
 */
async function unseenOutcome({ adopted, paths }: Attempt): Promise<AttemptOutcome> {
  const begun = await access(paths.log).then(
    () => true,
    () => false,
  );
  return { kind: adopted && !begun ? "stopped" : "lost" };
}
