import { bucketOf } from "../domain/latency-histogram.ts";
import type { OutputDifference } from "../domain/output-difference.ts";

/** Whose counts they are. */
export interface TallyKey {
  readonly rolloutId: string;
  readonly position: number;
  readonly version: number;
}

const zeros = {
  answers: 0,
  errors: 0,
  log_count: 0,
  log_sum: 0,
  log_squares: 0,
  compared: 0,
  failed: 0,
  dropped: 0,
  agreed: 0,
  rows: 0,
  rows_agreed: 0,
  unlike: 0,
  max_absolute: 0,
  max_relative: 0,
};
type Counts = typeof zeros;

/** What was counted since it was last told. */
export interface TallyDelta extends TallyKey {
  readonly counts: Counts;
  readonly latency: Map<number, number>;
}

const smallestMs = 0.001;

/** Counts what versions of rollouts do here, until it is told to the database: a row a version and step, however many requests. */
export class RolloutTally {
  #deltas = new Map<string, TallyDelta>();

  answered(of: TallyKey, ms: number): void {
    const { counts, latency } = this.#of(of);
    const log = Math.log(Math.max(ms, smallestMs));
    counts.answers++;
    counts.log_count++;
    counts.log_sum += log;
    counts.log_squares += log * log;
    const bucket = bucketOf(ms);
    latency.set(bucket, (latency.get(bucket) ?? 0) + 1);
  }

  failed(of: TallyKey): void {
    const { counts } = this.#of(of);
    counts.answers++;
    counts.errors++;
  }

  compared(of: TallyKey, found: OutputDifference): void {
    const { counts } = this.#of(of);
    counts.compared++;
    if (found.agreed) counts.agreed++;
    if (found.unlike) counts.unlike++;
    counts.rows += found.rows;
    counts.rows_agreed += found.rowsAgreed;
    counts.max_absolute = Math.max(counts.max_absolute, found.maxAbsolute);
    counts.max_relative = Math.max(counts.max_relative, found.maxRelative);
  }

  shadowFailed(of: TallyKey): void {
    this.#of(of).counts.failed++;
  }

  dropped(of: TallyKey): void {
    this.#of(of).counts.dropped++;
  }

  /** Hands over all counts and begins anew. */
  take(): readonly TallyDelta[] {
    const taken = [...this.#deltas.values()];
    this.#deltas = new Map();
    return taken;
  }

  /** Takes counts back that could not be told. */
  giveBack(deltas: readonly TallyDelta[]): void {
    for (const delta of deltas) {
      const { counts, latency } = this.#of(delta);
      for (const name of Object.keys(zeros) as (keyof Counts)[]) {
        const isMax = name === "max_absolute" || name === "max_relative";
        counts[name] = isMax ? Math.max(counts[name], delta.counts[name]) : counts[name] + delta.counts[name];
      }
      for (const [bucket, count] of delta.latency) latency.set(bucket, (latency.get(bucket) ?? 0) + count);
    }
  }

  #of({ rolloutId, position, version }: TallyKey): TallyDelta {
    const key = `${rolloutId} ${position} ${version}`;
    let delta = this.#deltas.get(key);
    if (delta === undefined) {
      delta = { rolloutId, position, version, counts: { ...zeros }, latency: new Map() };
      this.#deltas.set(key, delta);
    }
    return delta;
  }
}
