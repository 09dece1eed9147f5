import { describe, expect, test } from "vitest";
import type { ResourceView } from "../lib/rule.ts";
import { podWorkloads } from "../lib/rule-cases.ts";
import { rules, stackRules } from "../rules/index.ts";
import { resourceCases } from "./cases.ts";
import { corpusParameters } from "./cloud-kinds.ts";
import { mutants } from "./pod-case.ts";
import { baselineCases } from "./pss-baseline.ts";
import { restrictedCases } from "./pss-restricted.ts";
import { stackCases } from "./stack.ts";

const podCases = { ...baselineCases, ...restrictedCases };

/** What is bad by a rule; of pods one kind, since the place in the others is found for all rules alike. */
function badResources(id: string): readonly ResourceView[] {
  const pod = podWorkloads.Pod;
  if (pod === undefined) throw new Error("no pods");
  const pods = (podCases[id]?.bad ?? []).flatMap(mutants).map(pod);
  return [...pods, ...(resourceCases[id]?.bad ?? []).map(([, view]) => view)];
}

/** Messages that differ in a value, a number or the kind of workload alone are one. */
const shapeOf = (message: string) =>
  message.replaceAll(/spec\.(jobTemplate\.spec\.)?template\.spec\./g, "").replaceAll(/"[^"]*"|\d+/g, "_");

const oneOfEach = (messages: readonly string[]) =>
  [...Map.groupBy(messages, shapeOf).values()].map(([first = ""]) => first);

describe.each(rules.map((rule) => [rule.id, rule] as const))("%s", (id, { violations, edits }) => {
  test("says this", () => {
    const bad = badResources(id);
    expect(oneOfEach(bad.flatMap((view) => violations(view, corpusParameters)))).toMatchSnapshot();
    if (edits !== undefined) expect(bad[0] && edits(bad[0])).toMatchSnapshot();
  });
});

describe.each(stackRules.map((rule) => [rule.id, rule] as const))("%s", (id, { stackViolations }) => {
  test("says this", () => {
    const found = (stackCases[id]?.bad ?? []).flatMap(([, views]) =>
      stackViolations(views, corpusParameters),
    );
    expect(oneOfEach(found.map(({ message }) => message))).toMatchSnapshot();
  });
});
