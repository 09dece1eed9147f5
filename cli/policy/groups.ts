import { ruleTexts } from "@bedplate/policies/rules/index.ts";
import { Problem } from "../problem.ts";

/** The groups of rules that are asked for, all where none is named. Throws for one that does not exist. */
export function wantedGroups(groups: readonly string[] | undefined): ReadonlySet<string> {
  const known = new Set(ruleTexts.map(({ group }) => group));
  const wrong = (groups ?? []).filter((group) => !known.has(group));
  if (wrong.length === 0) return groups === undefined ? known : new Set(groups);
  throw new Problem(`There is no group of rules ${wrong.join(", ")}: there are ${[...known].join(", ")}.`, 2);
}
