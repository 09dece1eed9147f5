import type { Settings, TrainingJob, TrainingJobSpec } from "@bedplate/contract";
import type { RunningJob } from "../store/training-rows.ts";
import type { TrainingStore } from "../store/training-store.ts";
import type { JobLog } from "./job-log.ts";

/** The attempts that are under way where a backend runs them. */
export interface AttemptRunner {
  readonly count: () => number;
  /** Jobs whose attempts can be ended. */
  readonly ids: () => readonly string[];
  /** Takes up a job that was under way when the service before this one ended. */
  readonly adopt: (job: RunningJob) => Promise<void>;
  /** Starts an attempt; how it goes shows when it is looked at. */
  readonly begin: (job: RunningJob) => void;
  /** Settles the attempts that have ended. */
  readonly look: () => Promise<void>;
  /** Asks the attempts of these jobs to end. */
  readonly end: (ids: readonly string[]) => Promise<void>;
  readonly close: () => Promise<void>;
}

/** A place to run jobs. */
export interface TrainingBackend {
  /** The name under which it takes jobs from the queue: the same after a restart, so that it knows its own. */
  readonly runner: string;
  /** What is wrong with a job here, a sentence each. */
  readonly check: (spec: TrainingJobSpec) => Promise<readonly string[]>;
  /** Starts. The service is at the given URL; `wake` has the queue looked at. */
  readonly open: (url: string, wake: () => void) => AttemptRunner;
  /** The log of an attempt; empty before it has one. `tail`: at most so many bytes of its end. */
  readonly log: (job: TrainingJob, attempt: number, tail?: number) => Promise<JobLog>;
  /** Gives back what it holds, after its runner was closed. */
  readonly close: () => void;
}

/** What every backend is given. */
export interface BackendParts {
  readonly store: Pick<TrainingStore, "running" | "settle" | "note">;
  readonly identities: {
    readonly issueJobToken: (jobId: string, expiresAt: number) => Promise<string>;
    readonly revokeJobTokens: (jobId: string) => Promise<void>;
  };
  readonly settings: Pick<Settings["dispatch"], "killGraceMs" | "logLimitBytes" | "cluster">;
  readonly clock: () => number;
  readonly log: { readonly error: (fields: object, message: string) => void };
}
