const longestStepMs = 1_000;
const stepsPerTimeout = 10;

/**
 * Ends what is not done in time. All wait equally long, so the one that came first is due first and one timer does for
 * all of them, where a timer for each request would cost more than what it guards. What is over is ended a tenth of the
 * time late at most, and a second at most.
 */
export class Deadlines {
  readonly #timeoutMs: number;
  /** When each is due, the first one first. */
  readonly #due = new Map<() => void, number>();
  #timer: NodeJS.Timeout | undefined;

  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs;
  }

  /** `expire` is called when the time is over, unless it is deleted before. */
  add(expire: () => void): void {
    this.#due.set(expire, performance.now() + this.#timeoutMs);
    this.#timer ??= this.#start();
  }

  delete(expire: () => void): void {
    this.#due.delete(expire);
  }

  #start(): NodeJS.Timeout {
    const step = Math.min(longestStepMs, Math.ceil(this.#timeoutMs / stepsPerTimeout));
    return setTimeout(() => this.#sweep(), step).unref();
  }

  #sweep(): void {
    const now = performance.now();
    for (const [expire, due] of this.#due) {
      if (due > now) break;
      this.#due.delete(expire);
      expire();
    }
    this.#timer = this.#due.size === 0 ? undefined : this.#start();
  }
}
