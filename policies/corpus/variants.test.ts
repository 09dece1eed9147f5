import { describe, expect, test } from "vitest";
import { unknownValue } from "../lib/plain-data.ts";
import type { ResourceView } from "../lib/rule.ts";
import { podWorkloads } from "../lib/rule-cases.ts";
import { variants } from "../lib/variants.ts";
import { rules, stackRules } from "../rules/index.ts";
import { resourceCases } from "./cases.ts";
import { corpusParameters } from "./cloud-kinds.ts";
import { mutants } from "./pod-case.ts";
import { baselineCases } from "./pss-baseline.ts";
import { restrictedCases } from "./pss-restricted.ts";
import { stackCases } from "./stack.ts";

const podCases = { ...baselineCases, ...restrictedCases };
/** What no field of any API takes all of. */
const odd = [null, "x", 7, true, [], {}, [null], ["x"], [{}]];

/** The cases of a rule. Kinds of workload are judged by the same code, so one that is a pod and one that holds one do. */
function casesOf(id: string, side: "good" | "bad"): readonly ResourceView[] {
  const pods = (podCases[id]?.[side] ?? []).flatMap(mutants);
  const others = (resourceCases[id]?.[side] ?? []).map(([, view]) => view);
  const left = /^kubernetes:(apps|batch|core)\/v1:(?!(Pod|Deployment|Service|Namespace|ConfigMap)$)/;
  return [
    ...pods.flatMap((pod) => podWorkloads.Pod?.(pod) ?? []),
    ...others.filter(({ type }) => !left.test(type)),
  ];
}

/** Some of many, spread evenly. */
const sample = <Item>(items: readonly Item[], count: number) =>
  items.filter((_, at) => at % Math.max(1, Math.ceil(items.length / count)) === 0);

const changedViews = (view: ResourceView, to: unknown) =>
  // The properties themselves are always a map.
  variants(view.properties, to)
    .slice(1)
    .map(({ path, value }) => ({ path, view: { ...view, properties: value } }));

describe.each(rules.map((rule) => [rule.id, rule] as const))("%s", (id, { violations, admission }) => {
  // Rules that are data share the code that judges.
  const [goods, bads] = admission === undefined ? [Number.POSITIVE_INFINITY, 3] : [2, 1];

  test("says nothing against what is good while one part of it is not known yet", () => {
    const found = sample(casesOf(id, "good"), goods).flatMap((good) =>
      changedViews(good, unknownValue).flatMap(({ path, view }) =>
        violations(view, corpusParameters).map((message) => `${view.type} ${path}: ${message}`),
      ),
    );
    expect(found).toEqual([]);
  });

  test("says nothing where it is not told what is allowed, or about a kind that it does not know", () => {
    const bad = casesOf(id, "bad");
    const asks = /image-registry|regions|instance-families$/.test(id);
    if (asks) expect(bad.flatMap((view) => violations(view))).toEqual([]);
    if (/^(cloud|kubernetes|pss)-/.test(id) && id !== "cloud-tags")
      expect(
        bad.flatMap((view) => violations({ ...view, type: "acme:any:Thing" }, corpusParameters)),
      ).toEqual([]);
  });

  test("reports or abstains, whatever odd thing stands anywhere in what is bad", () => {
    for (const bad of sample(casesOf(id, "bad"), bads)) {
      for (const to of odd) {
        for (const { view } of changedViews(bad, to))
          for (const message of violations(view, corpusParameters))
            if (message === "") expect(message).not.toBe("");
      }
    }
  });
});

describe.each(stackRules.map((rule) => [rule.id, rule] as const))("%s", (id, { stackViolations }) => {
  const { good, bad } = stackCases[id] ?? { good: [], bad: [] };
  const changedStacks = (views: readonly ResourceView[], to: unknown) =>
    views.flatMap((one, at) =>
      changedViews(one, to).map(({ path, view }) => ({
        path: `${one.type} ${path}`,
        views: views.with(at, view),
      })),
    );

  test("says nothing against what is good while one part of it is not known yet", () => {
    const found = good.flatMap(([what, all]) =>
      changedStacks(all, unknownValue).flatMap(({ path, views }) =>
        stackViolations(views, corpusParameters).map(({ message }) => `${what}, ${path}: ${message}`),
      ),
    );
    expect(found).toEqual([]);
  });

  test("reports or abstains, whatever odd thing stands anywhere in what is bad", () => {
    for (const [, all] of sample(bad, 3)) {
      for (const to of odd) {
        for (const { views } of changedStacks(all, to))
          for (const { message } of stackViolations(views, corpusParameters))
            if (message === "") expect(message).not.toBe("");
      }
    }
  });
});
