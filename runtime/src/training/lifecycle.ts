import type { TrainingState } from "@bedplate/contract";
import type { AttemptOutcome } from "./outcome.ts";

/** Where a job stands. */
export interface Progress {
  readonly state: TrainingState;
  /** Attempts that were started and counted. */
  readonly attempt: number;
  readonly maxAttempts: number;
  readonly cancelRequested: boolean;
  /** Exit code of the last attempt that ended by itself. */
  readonly exitCode: number | null;
  readonly reason: string | null;
}

/** Whether nothing will happen to a job any more. */
export function isFinal(state: TrainingState): boolean {
  return state !== "queued" && state !== "running";
}

/** A queued job starts its next attempt. */
export function start(job: Progress): Progress {
  return { ...job, state: "running", attempt: job.attempt + 1, exitCode: null, reason: null };
}

/** Somebody wants a job to end: a waiting one ends now, a running one when its process has; a final one stays. */
export function requestCancel(job: Progress): Progress {
  if (isFinal(job.state)) return job;
  const asked = { ...job, cancelRequested: true };
  return job.state === "queued"
    ? { ...asked, state: "cancelled", reason: "It was cancelled before it ran." }
    : asked;
}

/**
 * A running job's attempt has ended. Failed, lost and timed-out attempts wait for another one while there are some
 * left; one that the service stopped for its own sake waits again and is not counted.
 */
export function settle(job: Progress, outcome: AttemptOutcome): Progress {
  const exitCode = outcome.kind === "exited" ? outcome.code : null;
  const ended = { ...job, exitCode };
  if (job.cancelRequested) return { ...ended, state: "cancelled", reason: "It was cancelled." };
  if (outcome.kind === "exited" && outcome.code === 0) return { ...ended, state: "succeeded", reason: null };
  if (outcome.kind === "stopped") {
    const reason = "The service stopped; the attempt is not counted and will start again.";
    return { ...ended, state: "queued", attempt: job.attempt - 1, reason };
  }
  const again = job.attempt < job.maxAttempts;
  const final = outcome.kind === "timed_out" ? "timed_out" : "failed";
  const attempt = job.maxAttempts > 1 ? `Attempt ${job.attempt} of ${job.maxAttempts}: ` : "";
  return { ...ended, state: again ? "queued" : final, reason: `${attempt}${sentenceOf(outcome)}` };
}

function sentenceOf(outcome: AttemptOutcome): string {
  switch (outcome.kind) {
    case "exited":
      return `the command ended with exit code ${outcome.code}.`;
    case "signalled":
      return `the command was ended by ${outcome.signal}.`;
    case "timed_out":
      return "the command took longer than its timeout.";
    case "not_started":
      return outcome.reason;
    case "lost":
      return "the process ended while nobody watched, and its result is not known.";
    case "stopped":
      return "the command was stopped.";
  }
}
