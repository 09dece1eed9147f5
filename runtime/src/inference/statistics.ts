/** How often something happened and how long it took in all, in nanoseconds. */
interface Duration {
  readonly count: number;
  readonly ns: number;
}

/** What a version has done since it was loaded. Source: Triton Inference Server, "Statistics Extension". */
export interface VersionStatistics {
  readonly name: string;
  readonly version: string;
  /** Time of the last prediction in milliseconds since 1970; 0 before the first. */
  readonly last_inference: number;
  /** Rows that were predicted, and batches that were run for them. */
  readonly inference_count: number;
  readonly execution_count: number;
  /** Requests that wait for their batch. */
  readonly pending_count: number;
  readonly inference_stats: Readonly<Record<keyof Totals, Duration>>;
  readonly batch_stats: readonly { readonly batch_size: number; readonly compute_infer: Duration }[];
}

interface Totals {
  success: number;
  fail: number;
  cancel: number;
  queue: number;
  compute_input: number;
  compute_infer: number;
  compute_output: number;
}
const durations = [
  "success",
  "fail",
  "cancel",
  "queue",
  "compute_input",
  "compute_infer",
  "compute_output",
] as const;

const nanosecondsPerMillisecond = 1_000_000;
const millisecondsPerSecond = 1_000;
/** Sizes of batches that are counted apart; larger ones are counted with the last. */
const sizeLimit = 1024;

type Observe = (value: number) => void;

/** Distributions of what a version does, as metrics have them. */
export interface VersionMeters {
  readonly queueSeconds: Observe;
  readonly batchRows: Observe;
  readonly executorSeconds: Observe;
}

/** Counts what a version does; all times in milliseconds. */
export class Statistics {
  readonly #sums = new Map<keyof Totals, { count: number; ms: number }>();
  readonly #batches = new Map<number, { count: number; ms: number }>();
  readonly #clock: () => number;
  readonly #meters: VersionMeters | undefined;
  #last = 0;
  #rows = 0;
  #runs = 0;
  #pending = 0;

  constructor(clock: () => number, meters?: VersionMeters) {
    this.#clock = clock;
    this.#meters = meters;
  }

  /** One request that ended: how it ended, and how long it took. */
  request(end: "success" | "fail" | "cancel", ms: number): void {
    add(this.#sums, end, ms);
  }

  /** How many requests wait for their batch now. */
  pending(count: number): void {
    this.#pending = count;
  }

  /** Time between a request's arrival and the start of its batch. */
  waited(ms: number): void {
    add(this.#sums, "queue", ms);
    this.#meters?.queueSeconds(ms / millisecondsPerSecond);
  }

  /** One batch: its rows, and the time to put it together, to run it and to take it apart. */
  batch(rows: number, ms: { readonly input: number; readonly infer: number; readonly output: number }): void {
    this.#last = this.#clock();
    this.#rows += rows;
    this.#runs++;
    add(this.#sums, "compute_input", ms.input);
    add(this.#sums, "compute_infer", ms.infer);
    add(this.#sums, "compute_output", ms.output);
    add(this.#batches, Math.min(rows, sizeLimit), ms.infer);
    this.#meters?.batchRows(rows);
    this.#meters?.executorSeconds(ms.infer / millisecondsPerSecond);
  }

  read(name: string, version: number): VersionStatistics {
    const stats = durations.map((key) => [key, worded(this.#sums.get(key))] as const);
    const sizes = [...this.#batches].sort(([a], [b]) => a - b);
    return {
      name,
      version: String(version),
      last_inference: this.#last,
      inference_count: this.#rows,
      execution_count: this.#runs,
      pending_count: this.#pending,
      inference_stats: Object.fromEntries(stats) as VersionStatistics["inference_stats"],
      batch_stats: sizes.map(([batch_size, sum]) => ({ batch_size, compute_infer: worded(sum) })),
    };
  }
}

function add<K>(sums: Map<K, { count: number; ms: number }>, key: K, ms: number): void {
  const sum = sums.get(key);
  if (sum === undefined) sums.set(key, { count: 1, ms });
  else {
    sum.count++;
    sum.ms += ms;
  }
}

function worded(sum: { count: number; ms: number } | undefined): Duration {
  return { count: sum?.count ?? 0, ns: Math.round((sum?.ms ?? 0) * nanosecondsPerMillisecond) };
}
