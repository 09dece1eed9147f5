type LossReason = "full" | "too_large" | "failed";

interface QueueSettings {
  readonly queueLimit: number;
  readonly queueBytesLimit: number;
  readonly recordLimitBytes: number;
}

interface QueueParts<T> {
  readonly settings: QueueSettings;
  /** Items that are written at once when there are so many, or so many bytes, or after so long. */
  readonly batch: { readonly items: number; readonly bytes: number; readonly intervalMs: number };
  readonly write: (items: readonly T[]) => Promise<void>;
  readonly onLost: (reason: LossReason, count: number) => void;
  readonly report: (error: unknown) => void;
}

interface Entry<T> {
  readonly item: T;
  readonly bytes: number;
}

/**
 * Takes items at once or not at all, and writes them later in batches, one batch at a time. What cannot be written
 * waits for the next try, so that nothing is lost before the queue is full; from then on losses are counted.
 */
export class PredictionQueue<T> {
  readonly #parts: QueueParts<T>;
  #waiting: Entry<T>[] = [];
  #bytes = 0;
  #turn: Promise<void> = Promise.resolve();
  #isDraining = false;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(parts: QueueParts<T>) {
    this.#parts = parts;
  }

  /** False where it is not taken, which is counted. Never throws and never waits. */
  add(item: T, bytes: number): boolean {
    const { settings, onLost } = this.#parts;
    if (this.#isClosed || bytes > settings.recordLimitBytes) {
      onLost(this.#isClosed ? "failed" : "too_large", 1);
      return false;
    }
    if (this.#waiting.length >= settings.queueLimit || this.#bytes + bytes > settings.queueBytesLimit) {
      onLost("full", 1);
      return false;
    }
    this.#waiting.push({ item, bytes });
    this.#bytes += bytes;
    this.#schedule(this.#isDue);
    return true;
  }

  /** Writes what waits now; what cannot be written stays. */
  flush(): Promise<void> {
    this.#turn = this.#turn.then(() => this.#drain());
    return this.#turn;
  }

  /** Writes what waits, once; what cannot be written is lost and counted. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.flush();
    if (this.#waiting.length > 0) this.#parts.onLost("failed", this.#waiting.length);
    this.#waiting = [];
    this.#bytes = 0;
  }

  /** What arrives meanwhile is for the next batch: small batches would make many small files. */
  async #drain(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#isDraining = true;
    let left = this.#waiting.length;
    let failed = false;
    while (left > 0 && !failed) {
      const entries = this.#waiting.slice(0, Math.min(left, this.#parts.batch.items));
      try {
        await this.#parts.write(entries.map(({ item }) => item));
        this.#waiting = this.#waiting.slice(entries.length);
        for (const { bytes } of entries) this.#bytes -= bytes;
        left -= entries.length;
      } catch (error) {
        failed = true;
        this.#parts.report(error);
      }
    }
    this.#isDraining = false;
    if (this.#waiting.length > 0 && !this.#isClosed) this.#schedule(failed ? false : this.#isDue);
  }

  get #isDue(): boolean {
    const { items, bytes } = this.#parts.batch;
    return this.#waiting.length >= items || this.#bytes >= bytes;
  }

  #schedule(atOnce: boolean): void {
    if (this.#isDraining || (this.#timer !== undefined && !atOnce)) return;
    clearTimeout(this.#timer);
    const delayMs = atOnce ? 0 : this.#parts.batch.intervalMs;
    this.#timer = setTimeout(() => void this.flush(), delayMs).unref();
  }
}
