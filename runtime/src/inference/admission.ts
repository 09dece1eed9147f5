import { Problem } from "../domain/problem.ts";

export interface AdmissionSettings {
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
  rows: number;
  bytes: number;
}

/** A request's place in the service, given back when it is answered. */
export interface Ticket {
  readonly model: string;
  /** Says how many bytes the request really has, once they are known. Throws TOO_MANY_REQUESTS. */
  readonly holdBytes: (bytes: number) => void;
  /** Says how many rows the request has. Throws TOO_MANY_REQUESTS. */
  readonly holdRows: (rows: number) => void;
  /** Gives the place back; doing it again changes nothing. */
  readonly release: () => void;
}

type Held = "rows" | "bytes";

/** Lets requests in while there is room for them, and turns the others away before their bodies are read. */
export class Admission {
  readonly #settings: AdmissionSettings;
  readonly #models = new Map<string, Load>();
  readonly #total: Load = { requests: 0, rows: 0, bytes: 0 };

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
  enter(model: string, bytes: number): Ticket {
    const load = this.#models.get(model) ?? { requests: 0, rows: 0, bytes: 0 };
    if (load.requests >= this.#settings.queueLimit) {
      throw full(`"${model}" has ${load.requests} requests waiting (serving.queueLimit)`);
    }
    this.#models.set(model, load);
    load.requests++;
    this.#total.requests++;
    const held = { rows: 0, bytes: 0 };
    let isHeld = true;
    const release = () => {
      if (!isHeld) return;
      isHeld = false;
      this.#change(load, "rows", -held.rows);
      this.#change(load, "bytes", -held.bytes);
      load.requests--;
      this.#total.requests--;
      if (load.requests === 0) this.#models.delete(model);
    };
    const hold = (what: Held, amount: number) => {
      const more = amount - held[what];
      if (more > 0) this.#require(model, load, what, more);
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
      holdRows: (amount) => hold("rows", amount),
      release,
    };
  }

  #change(load: Load, what: Held, by: number): void {
    load[what] += by;
    this.#total[what] += by;
  }

  #require(model: string, load: Load, what: Held, more: number): void {
    const { queueRowsLimit, queueBytesLimit, totalRowsLimit, totalBytesLimit } = this.#settings;
    const [own, all] =
      what === "rows" ? [queueRowsLimit, totalRowsLimit] : [queueBytesLimit, totalBytesLimit];
    const setting = what === "rows" ? "RowsLimit" : "BytesLimit";
    if (load[what] + more > own && load.requests > 1) {
      throw full(`"${model}" has ${load[what]} ${what} waiting (serving.queue${setting})`);
    }
    if (this.#total[what] + more > all && this.#total.requests > 1) {
      throw full(`The service has ${this.#total[what]} ${what} waiting (serving.total${setting})`);
    }
  }
}

function full(what: string): Problem {
  return new Problem("TOO_MANY_REQUESTS", `${what}; try again in a moment.`);
}
