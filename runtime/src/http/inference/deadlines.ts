const longestStepMs = 1_000;
const stepsPerTimeout = 10;

/** Something that must be done in time. */
export interface Deadline {
  readonly expire: () => void;
  /** By `performance.now()`. */
  readonly due: number;
  before: Deadline | null;
  after: Deadline | null;
}

/**
 * Ends what is not done in time. All wait equally long, so the one that came first is due first and one timer does for
 * all of them, where a timer for each request would cost more than what it guards. What is over is ended a tenth of the
 * time late at most, and a second at most.
 *
 * They are a list because a map that is emptied again and again leaves tables that only a collection of everything takes.
 */
export class Deadlines {
  readonly #timeoutMs: number;
  #first: Deadline | null = null;
  #last: Deadline | null = null;
  #timer: NodeJS.Timeout | undefined;

  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs;
  }

  /** `expire` is called when the time is over, unless what is returned is deleted before. */
  add(expire: () => void): Deadline {
    const due = performance.now() + this.#timeoutMs;
    const deadline: Deadline = { expire, due, before: this.#last, after: null };
    if (this.#last === null) this.#first = deadline;
    else this.#last.after = deadline;
    this.#last = deadline;
    this.#timer ??= this.#start();
    return deadline;
  }

  /** Doing it again changes nothing. What is deleted holds no other, so that it keeps no younger one in memory. */
  delete(deadline: Deadline): void {
    const { before, after } = deadline;
    if (before === null && this.#first !== deadline) return;
    if (before === null) this.#first = after;
    else before.after = after;
    if (after === null) this.#last = before;
    else after.before = before;
    deadline.before = null;
    deadline.after = null;
  }

  #start(): NodeJS.Timeout {
    const step = Math.min(longestStepMs, Math.ceil(this.#timeoutMs / stepsPerTimeout));
    return setTimeout(() => this.#sweep(), step).unref();
  }

  #sweep(): void {
    const now = performance.now();
    for (let first = this.#first; first !== null && first.due <= now; first = this.#first) {
      this.delete(first);
      first.expire();
    }
    this.#timer = this.#first === null ? undefined : this.#start();
  }
}
