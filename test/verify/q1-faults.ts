import type { Harness, HarnessResult } from "./harness.ts";
import { shownProblems } from "./harness.ts";

/** What a harness said with its fault planted. */
type Verdict = "red" | "green" | `failed: ${string}`;

/**
 * Q1: every harness runs briefly with its fault planted, and each must turn red. One that stays green no longer sees
 * what it is there for; one that fails in another way says nothing.
 */
export function verifyFaults(harnesses: Readonly<Record<string, Harness>>): Harness {
  return async (options) => {
    const verdicts: Record<string, Verdict> = {};
    for (const [id, harness] of Object.entries(harnesses)) {
      verdicts[id] = await harness({ ...options, full: false, fault: true }).then(
        verdictOf,
        (error: unknown) => {
          const [line = ""] = String(error).split("\n");
          return `failed: ${line}` as const;
        },
      );
      console.error(`${id}: ${verdicts[id]}`);
    }
    const blind = Object.entries(verdicts).filter(([, verdict]) => verdict !== "red");
    return {
      pass: blind.length === 0,
      figure: Object.keys(verdicts).length - blind.length,
      unit: `of ${Object.keys(verdicts).length} harnesses turned red`,
      goal: "all",
      details: verdicts,
      problems: blind.map(([id, verdict]) => `${id}: ${verdict}`).slice(0, shownProblems),
    };
  };
}

const verdictOf = ({ pass }: HarnessResult): Verdict => (pass ? "green" : "red");
