import { mendedBy, saidBy, saidByStack } from "../corpus/judged.ts";
import { questions } from "../corpus/question.ts";
import { stackQuestions } from "../corpus/stack-question.ts";
import type { Rule, StackRule } from "../lib/rule.ts";

/** What came out of asking a rule everything. */
interface Examination {
  /** What is wrong with it, by the first question that it fails. */
  readonly faults: readonly string[];
  /** All that it says to what is bad, and how it mends it. */
  readonly said: string;
}

const isRule = (value: unknown): value is Rule =>
  typeof value === "object" && value !== null && "violations" in value;
const isStackRule = (value: unknown): value is StackRule =>
  typeof value === "object" && value !== null && "stackViolations" in value;

/** The faults by the first question that finds any; the others would only add to them. */
function firstFaults<Asked>(
  rule: Asked,
  all: readonly { readonly what: string; readonly faults: (rule: Asked) => readonly string[] }[],
): readonly string[] {
  for (const { what, faults } of all) {
    const found = faults(rule);
    if (found.length > 0) return found.map((fault) => `not so: ${what}: ${fault}`);
  }
  return [];
}

/** Asks the rule of a module everything that the corpus asks of all rules. */
export function examine(module: object): Examination {
  const exported: readonly unknown[] = Object.values(module);
  const rule = exported.find(isRule);
  if (rule !== undefined) {
    const said = JSON.stringify([saidBy(rule), rule.edits === undefined ? "mends nothing" : mendedBy(rule)]);
    return { said, faults: firstFaults(rule, questions) };
  }
  const stackRule = exported.find(isStackRule);
  if (stackRule !== undefined)
    return { said: JSON.stringify(saidByStack(stackRule)), faults: firstFaults(stackRule, stackQuestions) };
  throw new Error("the module has no rule");
}
