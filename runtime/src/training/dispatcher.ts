import { randomUUID } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { TrainingJob, TrainingJobList, TrainingJobSpec, TrainingState } from "@bedplate/contract";
import { Problem } from "../domain/problem.ts";
import { lockFolder } from "../store/folder-lock.ts";
import { afterCommit } from "../store/joint-transaction.ts";
import type { CompleteSpec } from "../store/training-rows.ts";
import type { TrainingStore } from "../store/training-store.ts";
import { type AttemptRunner, createAttemptRunner, type RunnerSettings } from "./attempt-runner.ts";
import { resolveCommand } from "./job-command.ts";
import { environmentProblems, searchPathOf } from "./job-environment.plan.ts";
import { jobPaths } from "./job-folder.ts";
import { type JobLog, openLog } from "./job-log.ts";

/** Runs training jobs as bounded child processes. */
export interface Dispatcher {
  /**
   * Takes up what was under way before a restart and starts waiting jobs from now on. Jobs talk to the service at the
   * given URL, which is known only once it listens.
   */
  readonly start: (url: string) => Promise<void>;
  /** Throws INVALID_REQUEST with everything that is wrong, or QUEUE_FULL. */
  readonly submit: (spec: TrainingJobSpec, actor: string, team?: string) => Promise<TrainingJob>;
  readonly get: (id: string) => Promise<TrainingJob>;
  readonly list: (page: {
    readonly before?: string | undefined;
    readonly limit: number;
    readonly sight?: string | null;
  }) => Promise<TrainingJobList>;
  /** Throws CONFLICT for a job that ended by itself; cancelling twice is fine. */
  readonly cancel: (id: string, actor: string) => Promise<TrainingJob>;
  /** The log of an attempt, of the last one when left out; empty before the first. `tail`: at most so many bytes of its end. */
  readonly log: (
    id: string,
    part: { readonly attempt?: number | undefined; readonly tail?: number | undefined },
  ) => Promise<JobLog>;
  readonly countActive: (sight?: string | null) => Promise<number>;
  readonly countByState: () => Promise<ReadonlyMap<TrainingState, number>>;
  /** Stops what runs, so that it starts again with the next service; no process is left. */
  readonly close: () => Promise<void>;
}

interface DispatchSettings extends RunnerSettings {
  readonly concurrency: number;
  readonly queueLimit: number;
  readonly pollIntervalMs: number;
  readonly defaultTimeoutMs: number;
  readonly maxTimeoutMs: number;
  readonly maxAttempts: number;
}

interface DispatcherParts {
  readonly store: TrainingStore;
  readonly identities: {
    readonly issueJobToken: (jobId: string, expiresAt: number) => Promise<string>;
    readonly revokeJobTokens: (jobId: string) => Promise<void>;
  };
  /** Folder of the jobs' files, and the folder that programs may be started from. */
  readonly connection: { readonly path: string; readonly programRoot: string };
  readonly settings: DispatchSettings;
  readonly clock: () => number;
  readonly log: { readonly error: (fields: object, message: string) => void };
}

/** Opens the queue over a folder that one process owns; it starts nothing before it is told its URL. */
export async function openDispatcher(parts: DispatcherParts): Promise<Dispatcher> {
  const { store, connection, settings, log } = parts;
  await mkdir(connection.path, { recursive: true, mode: 0o700 });
  const lock = lockFolder(connection.path);
  const runner = await runnerOf(connection.path);
  const nodeFolder = dirname(process.execPath);
  let attempts: AttemptRunner | null = null;
  let ticking: Promise<void> | null = null;
  let again = false;
  let timer: NodeJS.Timeout | undefined;
  let closed = false;

  async function step(): Promise<void> {
    if (attempts === null) return;
    await attempts.look();
    const free = settings.concurrency - attempts.count();
    if (free > 0 && !closed) for (const job of await store.claim(runner, free)) attempts.begin(job);
    await attempts.end(await store.toCancel(attempts.ids()));
  }

  /** Looks at the queue now, once more if it is being looked at. */
  function wake(): void {
    again = true;
    ticking ??= (async () => {
      while (again && !closed) {
        again = false;
        await step().catch((error: unknown) =>
          log.error({ error }, "the training queue could not be served"),
        );
      }
      ticking = null;
    })();
  }

  return {
    async start(url) {
      const poll = () => {
        wake();
        timer = setTimeout(poll, settings.pollIntervalMs);
        timer.unref();
      };
      const own = createAttemptRunner({ ...parts, runner, nodeFolder, url, wake });
      for (const job of await store.running(runner)) await own.adopt(job);
      attempts = own;
      poll();
    },
    async submit(spec, actor, team) {
      const complete = await completeSpec(spec, parts, nodeFolder);
      const job = await store.submit(complete, actor, settings.queueLimit, team);
      afterCommit(wake);
      return job;
    },
    get: store.get,
    list: store.list,
    async cancel(id, actor) {
      const job = await store.cancel(id, actor);
      wake();
      return job;
    },
    async log(id, { attempt, tail }) {
      const job = await store.get(id);
      return await openLog(jobPaths(connection.path, job.id, attempt ?? job.attempt).log, tail);
    },
    countActive: store.countActive,
    countByState: store.countByState,
    async close() {
      if (closed) return;
      closed = true;
      clearTimeout(timer);
      await ticking;
      try {
        await attempts?.close();
      } finally {
        lock.close();
      }
    },
  };
}

/** The name under which this folder's service runs jobs: it stays the same over restarts, so that it knows its own. */
async function runnerOf(folder: string): Promise<string> {
  const path = join(folder, "runner");
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    const runner = randomUUID();
    await writeFile(path, runner, { mode: 0o600 });
    return runner;
  }
}

/** A spec with all limits set. Throws INVALID_REQUEST with everything that is wrong with it. */
async function completeSpec(
  spec: TrainingJobSpec,
  parts: DispatcherParts,
  nodeFolder: string,
): Promise<CompleteSpec> {
  const { maxTimeoutMs, maxAttempts, defaultTimeoutMs } = parts.settings;
  const timeoutMs = spec.timeoutMs ?? Math.min(defaultTimeoutMs, maxTimeoutMs);
  const problems = environmentProblems(spec.environment);
  if (timeoutMs > maxTimeoutMs)
    problems.push(`timeoutMs: ${timeoutMs} is over the limit of ${maxTimeoutMs}.`);
  if (spec.maxAttempts > maxAttempts) {
    problems.push(`maxAttempts: ${spec.maxAttempts} is over the limit of ${maxAttempts}.`);
  }
  if (spec.name.includes("\0")) problems.push("name: it holds the character U+0000.");
  const places = {
    programRoot: parts.connection.programRoot,
    searchPath: searchPathOf(process.env, nodeFolder),
  };
  const resolved = await resolveCommand(spec, places);
  if ("problems" in resolved) problems.push(...resolved.problems);
  if (problems.length > 0) throw new Problem("INVALID_REQUEST", problems.join(" "), problems);
  return { ...spec, timeoutMs };
}
