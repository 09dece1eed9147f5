import type {
  Settings,
  TrainingConnection,
  TrainingJob,
  TrainingJobList,
  TrainingJobSpec,
  TrainingState,
} from "@bedplate/contract";
import { Problem } from "../domain/problem.ts";
import { afterCommit } from "../store/joint-transaction.ts";
import type { CompleteSpec } from "../store/training-rows.ts";
import type { TrainingStore } from "../store/training-store.ts";
import type { AttemptRunner, BackendParts, TrainingBackend } from "./backend.ts";
import { environmentProblems } from "./job-environment.plan.ts";
import type { JobLog } from "./job-log.ts";
import { openProcessBackend } from "./process-backend.ts";

/** Runs training jobs, as bounded child processes or in a cluster. */
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

type DispatchSettings = Omit<Settings["dispatch"], "openToTeams" | "teamPrograms">;

interface DispatcherParts extends BackendParts {
  readonly store: TrainingStore;
  readonly connection: TrainingConnection;
  readonly settings: DispatchSettings;
}

/** Opens the queue; it starts nothing before it is told its URL. */
export async function openDispatcher(parts: DispatcherParts): Promise<Dispatcher> {
  const { store, settings, log } = parts;
  const backend = await openBackend(parts);
  const { runner } = backend;
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
      const own = backend.open(url, wake);
      for (const job of await store.running(runner)) await own.adopt(job);
      attempts = own;
      poll();
    },
    async submit(spec, actor, team) {
      const complete = await completeSpec(spec, settings, backend);
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
      return await backend.log(job, attempt ?? job.attempt, tail);
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
        backend.close();
      }
    },
  };
}

/** The place that a connection names. A cluster's client is loaded only where there is one. */
async function openBackend(parts: DispatcherParts): Promise<TrainingBackend> {
  const { connection } = parts;
  if (connection.kind === "process") return await openProcessBackend(parts, connection);
  const { openClusterBackend } = await import("./cluster/cluster-backend.ts");
  return openClusterBackend(parts, connection);
}

/** A spec with all limits set. Throws INVALID_REQUEST with everything that is wrong with it. */
async function completeSpec(
  spec: TrainingJobSpec,
  settings: DispatchSettings,
  backend: TrainingBackend,
): Promise<CompleteSpec> {
  const { maxTimeoutMs, maxAttempts, defaultTimeoutMs } = settings;
  const timeoutMs = spec.timeoutMs ?? Math.min(defaultTimeoutMs, maxTimeoutMs);
  const problems = environmentProblems(spec.environment);
  if (timeoutMs > maxTimeoutMs)
    problems.push(`timeoutMs: ${timeoutMs} is over the limit of ${maxTimeoutMs}.`);
  if (spec.maxAttempts > maxAttempts) {
    problems.push(`maxAttempts: ${spec.maxAttempts} is over the limit of ${maxAttempts}.`);
  }
  if (spec.name.includes("\0")) problems.push("name: it holds the character U+0000.");
  problems.push(...(await backend.check(spec)));
  if (problems.length > 0) throw new Problem("INVALID_REQUEST", problems.join(" "), problems);
  return { ...spec, timeoutMs };
}
