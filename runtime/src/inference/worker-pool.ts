import { Problem } from "../domain/problem.ts";
import type { Signature } from "../domain/tensor.ts";
import type { ModelFile, OnnxModel } from "./executor.ts";
import { ModelProcess } from "./process/model-process.ts";

export interface PoolSettings {
  /** Processes; each loads every model that is not run inline. */
  readonly workers: number;
  readonly loadTimeoutMs: number;
  /** Longest time of one batch; after it the process is replaced. */
  readonly runTimeoutMs: number;
  readonly processMemoryBytes: number;
}

interface Log {
  readonly warn: (fields: object, message: string) => void;
}

interface Worker {
  process: ModelProcess;
  /** Numbers of the models that are loaded in it. */
  readonly ready: Set<number>;
  failures: number;
  /** When it is expected to run models again, by `performance.now()`. */
  backAt: number;
}

/** Batches that wait in a process behind the one that runs, so that it never waits for the next one. */
export const runsPerWorker = 2;
/** A probe or a small model must not wait for a large one; a tenth of a busy core is left to that all the same. */
const niceness = 10;
const retryBaseMs = 100;
const retryMaxMs = 10_000;
/** What a process takes until it has its models, before any was replaced. */
const usualReloadMs = 1_000;

/**
 * Supervised processes that run models. A process that ends or is stuck is replaced; only what was under way in it
 * fails. They are started with the first model and ended with the last.
 */
export class WorkerPool {
  readonly #settings: PoolSettings;
  readonly #log: Log;
  readonly #files = new Map<number, ModelFile>();
  readonly #timers = new Set<NodeJS.Timeout>();
  #workers: Worker[] = [];
  #nextModel = 1;
  /** How long the last replacement took to start and to load. */
  #reloadMs = usualReloadMs;
  #isClosed = false;

  constructor(settings: PoolSettings, log: Log) {
    this.#settings = settings;
    this.#log = log;
  }

  get pids(): readonly number[] {
    return this.#workers.flatMap(({ process }) => (process.pid === undefined ? [] : [process.pid]));
  }

  /** Loads a model in every process. Throws when it cannot be loaded in any of them. */
  async load(file: ModelFile, signature: Signature): Promise<OnnxModel> {
    const model = this.#nextModel++;
    const bytes = await file.read();
    if (this.#isClosed) throw new Problem("UNAVAILABLE", "The service is stopping.");
    this.#files.set(model, file);
    if (this.#workers.length === 0) this.#start();
    const loads = await Promise.allSettled(this.#workers.map((worker) => this.#open(worker, model, bytes)));
    const failed = loads.find((load) => load.status === "rejected");
    if (failed !== undefined) {
      await this.#release(model);
      throw failed.reason;
    }
    return {
      inputs: signature.inputs,
      outputs: signature.outputs,
      run: (call) => this.#leastBusy(model).run(model, call, this.#settings.runTimeoutMs),
      release: () => this.#release(model),
    };
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
    const ended = this.#workers;
    this.#workers = [];
    await Promise.all(ended.map(({ process }) => process.kill()));
  }

  #start(): void {
    for (let at = 0; at < this.#settings.workers; at++) {
      const worker = { process: this.#newProcess(), ready: new Set<number>(), failures: 0, backAt: 0 };
      this.#workers.push(worker);
      this.#supervise(worker);
    }
  }

  #newProcess(): ModelProcess {
    return new ModelProcess({ memoryBytes: this.#settings.processMemoryBytes, niceness });
  }

  async #open(worker: Worker, model: number, bytes: Uint8Array): Promise<void> {
    await worker.process.open(model, bytes, this.#settings.loadTimeoutMs);
    worker.ready.add(model);
  }

  #leastBusy(model: number): ModelProcess {
    let best: ModelProcess | null = null;
    for (const { process, ready } of this.#workers) {
      if (ready.has(model) && (best === null || process.load < best.load)) best = process;
    }
    if (best !== null) return best;
    const now = performance.now();
    const backAt = Math.min(now + retryMaxMs, ...this.#workers.map((worker) => worker.backAt));
    throw new Problem(
      "UNAVAILABLE",
      "The processes that run the model are being replaced; try again in a moment.",
      [],
      Math.max(0, backAt - now),
    );
  }

  async #release(model: number): Promise<void> {
    this.#files.delete(model);
    const { loadTimeoutMs } = this.#settings;
    const held = this.#workers.filter(({ ready }) => ready.delete(model));
    // A process that ends meanwhile has given the memory back too.
    await Promise.allSettled(held.map(({ process }) => process.ask("release", { model }, loadTimeoutMs)));
    if (this.#files.size > 0) return;
    const idle = this.#workers;
    this.#workers = [];
    await Promise.all(idle.map(({ process }) => process.kill()));
  }

  #supervise(worker: Worker): void {
    const { process } = worker;
    process.ended.then(() => {
      if (this.#isClosed || !this.#workers.includes(worker)) return;
      worker.ready.clear();
      const delay = Math.min(retryMaxMs, retryBaseMs * 2 ** worker.failures++);
      worker.backAt = performance.now() + delay + this.#reloadMs;
      this.#log.warn(
        { "process.pid": process.pid, delay },
        "a process that ran models ended and is replaced",
      );
      const timer = setTimeout(() => {
        this.#timers.delete(timer);
        this.#replace(worker);
      }, delay);
      this.#timers.add(timer);
    });
  }

  #replace(worker: Worker): void {
    if (this.#isClosed || !this.#workers.includes(worker)) return;
    worker.process = this.#newProcess();
    this.#supervise(worker);
    this.#reload(worker).catch((error: unknown) => {
      this.#log.warn({ error }, "a model could not be loaded into a new process");
      // Its end makes the supervisor try again, later each time.
      return worker.process.kill();
    });
  }

  async #reload(worker: Worker): Promise<void> {
    const before = performance.now();
    for (const [model, file] of this.#files) {
      const bytes = await file.read();
      if (this.#files.has(model)) await this.#open(worker, model, bytes);
    }
    this.#reloadMs = performance.now() - before;
    worker.failures = 0;
  }
}
