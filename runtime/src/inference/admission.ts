import { expectedWaitMs, type Pace, unknownPace } from "../domain/expected-wait.ts";
import { Problem } from "../domain/problem.ts";

export interface AdmissionSettings {
  /** Longest time that those before a request may be expected to take, in milliseconds. */
  readonly waitLimitMs: number;
  /** Requests, rows and bytes of one model that may be in the service at once. */
  readonly queueLimit: number;
  readonly queueRowsLimit: number;
  readonly queueBytesLimit: number;
  /** Rows and bytes of all models together. */
  readonly totalRowsLimit: number;
  readonly totalBytesLimit: number;
}

interface Load {
  requests: number;
  /** Requests whose rows are not known yet. */
  unread: number;
  rows: number;
  bytes: number;
}

/** How long a request would have to wait, and how long it may. */
export interface Prospect {
  /** Of what will answer it. */
  readonly pace?: Pace;
  /** The request's own time, in milliseconds. */
  readonly timeoutMs?: number | undefined;
}

const none = (): Load => ({ requests: 0, unread: 0, rows: 0, bytes: 0 });

/** A request's place in the service, given back when it is answered. */
export interface Ticket {
  readonly model: string;
  /** Says how many bytes the request really has, once they are known. Throws TOO_MANY_REQUESTS. */
  readonly holdBytes: (bytes: number) => void;
  /** Says how many rows the request has, and its own time where only its body tells it. Throws TOO_MANY_REQUESTS. */
  readonly holdRows: (rows: number, timeoutMs?: number) => void;
  /** Gives the place back; doing it again changes nothing. */
  readonly release: () => void;
}

type Held = "rows" | "bytes";

/** Models whose counts are kept while nothing of theirs is under way. */
const idleLimit = 1_000;

/**
 * Lets requests in while there is room for them and those before them are done soon enough, and turns the others away
 * before their bodies are read. A request whose rows are not known yet counts as one row.
 */
export class Admission {
  readonly #settings: AdmissionSettings;
  readonly #models = new Map<string, Load>();
  readonly #total = none();

  constructor(settings: AdmissionSettings) {
    this.#settings = settings;
  }

  /** Requests of all models that have a place. */
  get total(): number {
    return this.#total.requests;
  }

  /** Requests of a model that have a place. */
  count(model: string): number {
    return this.#models.get(model)?.requests ?? 0;
  }

  /** Throws TOO_MANY_REQUESTS where there is no room; for one request alone there always is. */
  enter(model: string, bytes: number, { pace = unknownPace, timeoutMs }: Prospect = {}): Ticket {
    const load = this.#models.get(model) ?? none();
    const waitMs = expectedWaitMs(load.rows + load.unread, pace);
    if (load.requests >= this.#settings.queueLimit) {
      throw new NoRoom(
        "requests",
        `"${model}" has ${load.requests} requests waiting (serving.queueLimit)`,
        waitMs,
      );
    }
    this.#requireSoon(model, waitMs, timeoutMs);
    this.#keep(model, load);
    load.requests++;
    load.unread++;
    this.#total.requests++;
    const held = { rows: 0, bytes: 0 };
    let [isHeld, isRead] = [true, false];
    const readRows = () => {
      if (!isRead) load.unread--;
      isRead = true;
    };
    const release = () => {
      if (!isHeld) return;
      isHeld = false;
      readRows();
      this.#change(load, "rows", -held.rows);
      this.#change(load, "bytes", -held.bytes);
      load.requests--;
      this.#total.requests--;
    };
    const hold = (what: Held, amount: number) => {
      const more = amount - held[what];
      if (more > 0) this.#require(model, load, what, more, pace);
      this.#change(load, what, more);
      held[what] = amount;
    };
    try {
      hold("bytes", bytes);
    } catch (error) {
      release();
      throw error;
    }
    return {
      model,
      holdBytes: (amount) => hold("bytes", amount),
      holdRows: (amount, ownMs = timeoutMs) => {
        readRows();
        this.#requireSoon(model, expectedWaitMs(load.rows - held.rows, pace), ownMs);
        hold("rows", amount);
      },
      release,
    };
  }

  /**
   * Counts are not dropped with a model's last request: V8 makes a map's table anew when that empties it, each table
   * holds the next one, and so all of them stay until a collection of everything.
   */
  #keep(model: string, load: Load): void {
    if (this.#models.size >= idleLimit && !this.#models.has(model)) {
      for (const [name, { requests }] of this.#models) if (requests === 0) this.#models.delete(name);
    }
    this.#models.set(model, load);
  }

  #change(load: Load, what: Held, by: number): void {
    load[what] += by;
    this.#total[what] += by;
  }

  #requireSoon(model: string, waitMs: number, timeoutMs: number | undefined): void {
    const { waitLimitMs } = this.#settings;
    if (waitMs <= Math.min(waitLimitMs, timeoutMs ?? waitLimitMs)) return;
    const isOver = waitMs > waitLimitMs;
    const limit = isOver ? `${waitLimitMs} ms (serving.waitLimitMs)` : `the request's own ${timeoutMs} ms`;
    const what = `"${model}" has work for ${Math.round(waitMs)} ms waiting, more than ${limit}`;
    throw new NoRoom(isOver ? "wait" : "deadline", what, waitMs);
  }

  #require(model: string, load: Load, what: Held, more: number, pace: Pace): void {
    const { queueRowsLimit, queueBytesLimit, totalRowsLimit, totalBytesLimit } = this.#settings;
    const [own, all] =
      what === "rows" ? [queueRowsLimit, totalRowsLimit] : [queueBytesLimit, totalBytesLimit];
    const setting = what === "rows" ? "RowsLimit" : "BytesLimit";
    if (load[what] + more > own && load.requests > 1) {
      throw new NoRoom(
        what,
        `"${model}" has ${load[what]} ${what} waiting (serving.queue${setting})`,
        expectedWaitMs(load.rows, pace),
      );
    }
    if (this.#total[what] + more > all && this.#total.requests > 1) {
      throw new NoRoom(
        what,
        `The service has ${this.#total[what]} ${what} waiting (serving.total${setting})`,
        expectedWaitMs(load.rows, pace),
      );
    }
  }
}

/** Why a request was turned away. */
type NoRoomReason = "requests" | "rows" | "bytes" | "wait" | "deadline";

/** TOO_MANY_REQUESTS, with what there was no room for. */
export class NoRoom extends Problem {
  readonly reason: NoRoomReason;

  constructor(reason: NoRoomReason, what: string, waitMs: number) {
    // Where it was thrown is known, and to write that down costs as much as all the rest of turning somebody away.
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    super("TOO_MANY_REQUESTS", `${what}; try again in a moment.`, [], waitMs);
    Error.stackTraceLimit = stackTraceLimit;
    this.reason = reason;
  }
}
