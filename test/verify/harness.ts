/** How a harness is to run. */
export interface HarnessOptions {
  /** Decides everything that is random. */
  readonly seed: number;
  /** As many cases as the goal names, instead of what takes seconds. */
  readonly full: boolean;
  /** Breaks what is looked at on purpose: the harness must find it. */
  readonly fault: boolean;
  /** How many crashes, instead of as many as the goal or the brief form names. */
  readonly crashes?: number | undefined;
  /** How many cases of other kinds, in the same way. */
  readonly cases?: number | undefined;
  /** `pglite` needs nothing installed; `postgres` starts a real server. */
  readonly database: "pglite" | "postgres";
}

export interface HarnessResult {
  readonly pass: boolean;
  readonly figure: number;
  readonly unit: string;
  readonly goal: string;
  /** What else was counted. */
  readonly details: Readonly<Record<string, number | string>>;
  /** What went wrong, a sentence each; at most the first few. */
  readonly problems: readonly string[];
}

export type Harness = (options: HarnessOptions) => Promise<HarnessResult>;

export const shownProblems = 5;
