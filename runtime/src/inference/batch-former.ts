import type { RequestSpan } from "../domain/prediction-span.ts";
import { Problem } from "../domain/problem.ts";
import type { InferenceCall, Tensor } from "../domain/tensor.ts";
import { areAlike, cutCall, joinCalls, joinOutputs, rowsOf, splitOutputs } from "./batch.ts";
import type { LoadedModel } from "./executor.ts";
import type { PaceMeter } from "./pace-meter.ts";
import type { Statistics } from "./statistics.ts";

type Outputs = ReadonlyMap<string, Tensor>;

/** How long a caller waits, and whether there still is one. */
export interface Patience {
  /** By `performance.now()`. */
  readonly deadline: number;
  readonly isGone: () => boolean;
  /** Where the caller keeps a trace. */
  readonly span?: RequestSpan | undefined;
}

/** A batch that ended, for those who want to be told. */
export interface RanBatch {
  /** By `performance.now()`. */
  readonly startedAt: number;
  /** Rows that were predicted. */
  readonly rows: number;
  readonly requests: number;
  readonly linked: readonly RequestSpan[];
  readonly error: string | null;
}

interface FormerParts {
  readonly statistics: Statistics;
  readonly pace: PaceMeter;
  /** Told of each batch with a request of which a trace is kept. */
  readonly onBatch?: ((batch: RanBatch) => void) | undefined;
}

interface Entry extends Patience {
  readonly call: InferenceCall;
  readonly rows: number;
  /** Whether it may run together with calls that are like it. */
  readonly isBatchable: boolean;
  readonly since: number;
  readonly resolve: (outputs: Outputs) => void;
  readonly reject: (error: unknown) => void;
}

const sweepIntervalMs = 20;

/**
 * Makes batches of what arrives for one version. Nothing is delayed on purpose: while the executor is idle, whatever
 * arrived in one turn of the event loop runs at its end; while it is busy, what arrives waits and is the next batch.
 */
export class BatchFormer {
  readonly #model: LoadedModel;
  readonly #statistics: Statistics;
  readonly #pace: PaceMeter;
  readonly #onBatch: FormerParts["onBatch"];
  #limits: LoadedModel["profile"]["batch"];
  #queue: Entry[] = [];
  #running = 0;
  /** When it became busy, or the last batch ended since, by `performance.now()`. */
  #busySince = 0;
  #scheduled = false;
  #sweeper: NodeJS.Timeout | undefined;

  constructor(model: LoadedModel, { statistics, pace, onBatch }: FormerParts) {
    this.#model = model;
    this.#limits = model.profile.batch;
    this.#statistics = statistics;
    this.#pace = pace;
    this.#onBatch = onBatch;
  }

  /**
   * Runs a call, alone or with others. Throws DEADLINE_EXCEEDED when its time is over before it could run, CANCELLED
   * when its caller has gone by then, and whatever the model throws for it.
   */
  run(call: InferenceCall, patience: Patience): Promise<Outputs> {
    const rows = rowsOf(call);
    if (this.#limits === null || rows === null || rows <= this.#limits.maxRows) {
      return this.#enqueue(call, rows, patience);
    }
    const parts = cutCall(call, this.#limits.maxRows);
    return Promise.all(parts.map((part) => this.#enqueue(part, rowsOf(part), patience))).then(joinOutputs);
  }

  #enqueue(call: InferenceCall, rows: number | null, patience: Patience): Promise<Outputs> {
    const { promise, resolve, reject } = Promise.withResolvers<Outputs>();
    const isBatchable = this.#limits !== null && rows !== null && rows !== 0;
    const { deadline, isGone, span } = patience;
    this.#queue.push({
      call,
      rows: rows ?? 1,
      isBatchable,
      since: performance.now(),
      deadline,
      isGone,
      span,
      resolve,
      reject,
    });
    this.#statistics.pending(this.#queue.length);
    if (!this.#scheduled && this.#running < this.#model.slots) {
      this.#scheduled = true;
      setImmediate(() => {
        this.#scheduled = false;
        this.#flush();
      });
    }
    if (this.#queue.length === 1) this.#watch();
    return promise;
  }

  #flush(): void {
    while (this.#running < this.#model.slots) {
      if (this.#running >= this.#model.parallel && !this.#fillsBatch()) return;
      const batch = this.#take();
      if (batch.length === 0) return;
      if (this.#running === 0) this.#busySince = performance.now();
      this.#running++;
      const isLargest = this.#queue.length > 0;
      const startedAt = performance.now();
      this.#execute(batch).then((rows) => {
        this.#measure(rows, isLargest);
        this.#trace(batch, rows, startedAt);
        this.#running--;
        this.#flush();
      });
    }
  }

  /** Whether what waits is worth to be sent on to where something runs already; anything less grows while it waits here. */
  #fillsBatch(): boolean {
    if (this.#limits === null) return true;
    let rows = 0;
    for (const entry of this.#queue) rows += entry.rows;
    return rows >= this.#limits.maxRows;
  }

  /** `isLargest` says of a batch that it took all of those that waited that it could. */
  #measure(rows: number, isLargest: boolean): void {
    const now = performance.now();
    const isLarge = isLargest || rows >= (this.#limits?.maxRows ?? 1);
    this.#pace.done(rows, now - this.#busySince, isLarge && this.#running === this.#model.slots);
    this.#busySince = now;
  }

  #trace(batch: readonly Entry[], rows: number, startedAt: number): void {
    if (this.#onBatch === undefined) return;
    const linked = batch.flatMap(({ span }) => (span === undefined ? [] : [span]));
    if (linked.length === 0) return;
    const error = rows === 0 ? "failed" : null;
    this.#onBatch({ startedAt, rows, requests: batch.length, linked, error });
  }

  /** Takes the oldest entry and what may run with it; drops those for whom nobody waits any more. */
  #take(): readonly Entry[] {
    this.#drop();
    const [first] = this.#queue;
    if (first === undefined) return [];
    const maxRows = this.#limits?.maxRows ?? 1;
    const batch: Entry[] = [];
    const left: Entry[] = [];
    let rows = 0;
    for (const entry of this.#queue) {
      const fits = entry === first || (rows + entry.rows <= maxRows && mayJoin(first, entry));
      if (fits) {
        batch.push(entry);
        rows += entry.rows;
      } else left.push(entry);
    }
    this.#queue = left;
    this.#statistics.pending(left.length);
    return batch;
  }

  #drop(): void {
    const now = performance.now();
    const isOver = (entry: Entry) => entry.deadline <= now || entry.isGone();
    if (!this.#queue.some(isOver)) return;
    const over = this.#queue.filter(isOver);
    this.#queue = this.#queue.filter((entry) => !over.includes(entry));
    this.#statistics.pending(this.#queue.length);
    for (const entry of over) entry.reject(entry.isGone() ? gone() : late(now - entry.since));
  }

  /** Answers those whose time is over even while nothing else happens. */
  #watch(): void {
    this.#sweeper ??= setInterval(() => {
      this.#drop();
      if (this.#queue.length > 0) return;
      clearInterval(this.#sweeper);
      this.#sweeper = undefined;
    }, sweepIntervalMs).unref();
  }

  /** Runs a batch and answers all of its entries; resolves to the rows that were predicted. */
  async #execute(batch: readonly Entry[]): Promise<number> {
    const start = performance.now();
    for (const { since } of batch) this.#statistics.waited(start - since);
    const minRows = this.#limits?.minRows ?? 1;
    const isBatchable = batch[0]?.isBatchable === true;
    try {
      const calls = batch.map(({ call }) => call);
      const joined = isBatchable ? joinCalls(calls, minRows) : calls[0];
      if (joined === undefined) return 0;
      const joinedAt = performance.now();
      const outputs = await this.#model.run(joined);
      const ranAt = performance.now();
      const counts = batch.map(({ rows }) => rows);
      const own = isBatchable ? splitOutputs(outputs, counts, minRows) : [outputs];
      if (own === null) return await this.#standAlone(batch);
      for (const [at, entry] of batch.entries()) entry.resolve(own[at] ?? outputs);
      const rows = counts.reduce((sum, count) => sum + count, 0);
      const output = performance.now() - ranAt;
      this.#statistics.batch(rows, { input: joinedAt - start, infer: ranAt - joinedAt, output });
      return rows;
    } catch (error) {
      const mayBeOne = error instanceof Problem && error.code === "INPUT_INVALID";
      if (batch.length > 1 && mayBeOne) return await this.#runSingly(batch);
      for (const entry of batch) entry.reject(error);
      return 0;
    }
  }

  /** The graph proved not to keep rows apart, whatever was measured before: no batches from now on. */
  async #standAlone(batch: readonly Entry[]): Promise<number> {
    this.#limits = null;
    return await this.#runSingly(batch);
  }

  /** One bad row must not fail its neighbours. */
  async #runSingly(batch: readonly Entry[]): Promise<number> {
    let rows = 0;
    for (const entry of batch) {
      const start = performance.now();
      try {
        entry.resolve(await this.#model.run(entry.call));
        this.#statistics.batch(entry.rows, { input: 0, infer: performance.now() - start, output: 0 });
        rows += entry.rows;
      } catch (error) {
        entry.reject(error);
      }
    }
    return rows;
  }
}

const mayJoin = (first: Entry, entry: Entry) =>
  first.isBatchable && entry.isBatchable && areAlike(first.call, entry.call);
const gone = () => new Problem("CANCELLED", "The caller went away before the model could run.");
const late = (ms: number) =>
  new Problem("DEADLINE_EXCEEDED", `The request's time was over after ${Math.round(ms)} ms in the queue.`);
