import type { readPages } from "./pages.ts";
import type { ReportWriter } from "./report.ts";
import { reasonOf, type Server } from "./server.ts";

/** What every part of a copy works with. */
export interface CopyContext {
  readonly from: Server;
  readonly to: Server;
  readonly read: ReturnType<typeof readPages>;
  readonly there: ReturnType<typeof readPages>;
  readonly report: ReportWriter;
  readonly dryRun: boolean;
  /** Runs and models that are under way at once. */
  readonly concurrency: number;
  readonly signal: AbortSignal;
  /** False where the other side is older than MLflow 3. */
  readonly takesLoggedModels: boolean;
  /** Ids of experiments here by their ids there; null where a dry run makes none. */
  readonly experiments: Map<string, string | null>;
}

/** Failures in a row after which a copy gives up: the other side is gone, or takes nothing. */
const failureLimit = 25;

/** Runs `work` for each, a few at once. What fails is reported by the name of the thing, and the others go on. */
export function createCrew(context: Pick<CopyContext, "report" | "concurrency" | "signal">) {
  let inARow = 0;
  return async <T>(all: readonly T[], nameOf: (one: T) => string, work: (one: T) => Promise<void>) => {
    const waiting = all.values();
    const takeOn = async () => {
      for (const one of waiting) {
        context.signal.throwIfAborted();
        try {
          await work(one);
          inARow = 0;
        } catch (error) {
          context.signal.throwIfAborted();
          context.report.fail(nameOf(one), reasonOf(error));
          inARow += 1;
          if (inARow >= failureLimit) throw new TooManyFailures(reasonOf(error));
        }
      }
    };
    await Promise.all(Array.from({ length: Math.min(context.concurrency, all.length) }, takeOn));
  };
}

/** A copy that would go on failing. */
export class TooManyFailures extends Error {
  constructor(last: string) {
    super(`${failureLimit} things in a row could not be copied; the last because: ${last}`);
    this.name = "TooManyFailures";
  }
}

/** Shares the work of callers that ask for the same thing at the same time. */
export function createSharing<T>() {
  const underWay = new Map<string, Promise<T>>();
  return (key: string, work: () => Promise<T>): Promise<T> => {
    const known = underWay.get(key);
    if (known !== undefined) return known;
    const made = work().finally(() => underWay.delete(key));
    underWay.set(key, made);
    return made;
  };
}
