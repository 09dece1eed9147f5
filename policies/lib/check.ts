import { type Condition, keysOf, type Path } from "./condition.ts";
import type { RuleParameters } from "./parameters.ts";
import { locate, type Scope } from "./scope.ts";
import { truthOf, valueBelow } from "./truth.ts";

/** One thing that a rule refuses. */
export interface Check {
  /** What is judged, each by itself. */
  readonly each: Scope;
  /** When it is refused. */
  readonly refuse: Condition;
  /** The place that is named, below what is judged. */
  readonly at?: Path;
  /** What is wrong with the value there, and how to correct it. */
  readonly what: string | ((value: unknown, parameters: RuleParameters) => string);
  /** What to put there instead, where that is safe to do without asking. */
  readonly mend?: unknown;
}

/** What a check found: where below the root, and what is wrong there. */
export interface CheckFinding {
  readonly at: string;
  readonly what: string;
  readonly mend?: unknown;
}

/** What checks find in a pod or an object; where it hangs on what is not known yet, nothing. */
export function findingsOf(
  checks: readonly Check[],
  root: object,
  parameters: RuleParameters,
): readonly CheckFinding[] {
  return checks.flatMap(({ each, refuse, at = "", what, mend }) =>
    locate(root, each)
      .filter(({ value }) => truthOf(refuse, { item: value, root, parameters }) === true)
      .map(({ path, value }) => ({
        at: [path, ...keysOf(at)].filter((part) => part !== "").join("."),
        what: typeof what === "string" ? what : what(valueBelow(value, keysOf(at)), parameters),
        mend,
      })),
  );
}
