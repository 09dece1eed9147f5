interface RecentSettings {
  /** Sights that are remembered at once. */
  readonly recentLimit: number;
  /** How long one is. */
  readonly recentMs: number;
}

/**
 * Which models teams were found to see a moment ago, so that the database is not asked for each prediction. That a
 * team does not see one is not remembered.
 */
export class RecentSights {
  readonly #settings: RecentSettings;
  readonly #clock: () => number;
  /** When each is forgotten; the one that was remembered first comes first. */
  readonly #sights = new Map<string, number>();

  constructor(settings: RecentSettings, clock: () => number) {
    this.#settings = settings;
    this.#clock = clock;
  }

  has(team: string, model: string): boolean {
    const until = this.#sights.get(keyOf(team, model));
    return until !== undefined && this.#clock() < until;
  }

  keep(team: string, model: string): void {
    const key = keyOf(team, model);
    this.#sights.delete(key);
    const [oldest] = this.#sights.keys();
    if (oldest !== undefined && this.#sights.size >= this.#settings.recentLimit) this.#sights.delete(oldest);
    this.#sights.set(key, this.#clock() + this.#settings.recentMs);
  }

  /** Runs what may take models out of a team's sight, and forgets everything after it. */
  forgetAfter<A extends readonly unknown[], R>(act: (...args: A) => Promise<R>): (...args: A) => Promise<R> {
    return async (...args) => {
      try {
        return await act(...args);
      } finally {
        this.#sights.clear();
      }
    };
  }
}

/** Names of teams have no line breaks. */
const keyOf = (team: string, model: string) => `${team}\n${model}`;
