import type { Pace } from "../domain/expected-wait.ts";
import type { LoadedModel } from "./executor.ts";
import { runsPerWorker } from "./worker-pool.ts";

/** What a batch still weighs once the next one is counted: some ten batches make the pace. */
const decay = 0.9;

/**
 * Learns how fast a model's rows are done with while as many run as can. It begins with what was measured when the
 * model was examined. The measure is the time from the end of one batch to the end of the next, so that whatever else
 * the machine does counts too.
 */
export class PaceMeter implements Pace {
  readonly roomRows: number;
  /** Decayed sums over batches. */
  #ms = 0;
  #rows = 0;
  msPerRow: number | null = null;

  constructor({ slots, profile }: Pick<LoadedModel, "slots" | "profile">) {
    const maxRows = profile.batch?.maxRows ?? 1;
    this.roomRows = slots * maxRows;
    // Batches that wait in a process behind another one are not done any sooner for it.
    if (profile.batchMs !== null) this.#add(this.roomRows, profile.batchMs * Math.min(slots, runsPerWorker));
  }

  /**
   * Counts a batch: its rows, and the time since the one before it, in milliseconds. Where it was as large as it could
   * be and as many ran as can, that is the pace; else it only tells that all that there is room for takes no less.
   */
  done(rows: number, ms: number, isBusiest: boolean): void {
    if (rows === 0) return;
    if (isBusiest) this.#add(rows, ms);
    else if (this.msPerRow !== null && ms > this.roomRows * this.msPerRow) this.#add(this.roomRows, ms);
  }

  #add(rows: number, ms: number): void {
    this.#ms = decay * this.#ms + ms;
    this.#rows = decay * this.#rows + rows;
    this.msPerRow = this.#ms / this.#rows;
  }
}
