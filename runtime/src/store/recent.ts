export interface RecentSettings {
  /** Names that are remembered at once. */
  readonly recentLimit: number;
  /** How long one is, in milliseconds. */
  readonly recentMs: number;
}

/** What was found, and until when that counts. */
export interface Found<V> {
  readonly value: V;
  readonly until: number;
}

/** What was found under a name a moment ago; at the limit the one that was remembered first is forgotten. */
export class Recent<V> {
  readonly #settings: RecentSettings;
  readonly #clock: () => number;
  /** The one that was remembered first comes first. */
  readonly #found = new Map<string, Found<V>>();

  constructor(settings: RecentSettings, clock: () => number) {
    this.#settings = settings;
    this.#clock = clock;
  }

  find(name: string): Found<V> | null {
    const found = this.#found.get(name);
    return found !== undefined && this.isFresh(found) ? found : null;
  }

  isFresh({ until }: Found<V>): boolean {
    return this.#clock() < until;
  }

  /** Never for longer than until the time given. */
  keep(name: string, value: V, end = Number.POSITIVE_INFINITY): void {
    this.#found.delete(name);
    const [oldest] = this.#found.keys();
    if (oldest !== undefined && this.#found.size >= this.#settings.recentLimit) this.#found.delete(oldest);
    this.#found.set(name, { value, until: Math.min(this.#clock() + this.#settings.recentMs, end) });
  }

  clear(): void {
    this.#found.clear();
  }
}

/** Runs what makes something remembered untrue, and forgets after it, whether it failed or not. */
export function forgetAfter<A extends readonly unknown[], R>(
  act: (...args: A) => Promise<R>,
  forget: () => void,
): (...args: A) => Promise<R> {
  return async (...args) => {
    try {
      return await act(...args);
    } finally {
      forget();
    }
  };
}
