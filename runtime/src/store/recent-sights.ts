import { forgetAfter, Recent, type RecentSettings } from "./recent.ts";

/**
 * Which models teams were found to see a moment ago, so that the database is not asked for each prediction. That a
 * team does not see one is not remembered.
 */
export class RecentSights {
  readonly #sights: Recent<true>;

  constructor(settings: RecentSettings, clock: () => number) {
    this.#sights = new Recent(settings, clock);
  }

  has(team: string, model: string): boolean {
    return this.#sights.find(keyOf(team, model)) !== null;
  }

  keep(team: string, model: string): void {
    this.#sights.keep(keyOf(team, model), true);
  }

  /** Runs what may take models out of a team's sight, and forgets everything after it. */
  forgetAfter<A extends readonly unknown[], R>(act: (...args: A) => Promise<R>): (...args: A) => Promise<R> {
    return forgetAfter(act, () => this.#sights.clear());
  }
}

/** Names of teams have no line breaks. */
const keyOf = (team: string, model: string) => `${team}\n${model}`;
