import { describe, expect, test } from "vitest";
import { assertNeverThrows } from "../lib/never-throws.ts";
import { unknownValue } from "../lib/plain-data.ts";
import { goodPod, resource, workloads } from "../lib/rule-cases.ts";
import { rules } from "../rules/index.ts";
import { kubernetesCases } from "./kubernetes.ts";

const own = rules.filter(({ group }) => group === "kubernetes");

test("every rule of the group has cases that pass and cases that fail", () => {
  expect(Object.keys(kubernetesCases).sort()).toEqual(own.map(({ id }) => id).sort());
  for (const { bad, good } of Object.values(kubernetesCases)) {
    expect(Math.min(bad.length, good.length)).toBeGreaterThan(0);
  }
});

describe.each(own.map((rule) => [rule.id, rule] as const))("%s", (id, rule) => {
  const { bad, good } = kubernetesCases[id] ?? { bad: [], good: [] };
  test("what is bad is caught", () => {
    for (const [what, view] of bad) expect(rule.violations(view), what).not.toEqual([]);
  });
  test("what is good is accepted", () => {
    for (const [what, view] of good) expect(rule.violations(view), what).toEqual([]);
  });
  test("it never throws", () => assertNeverThrows(rule));
});

test("a good pod passes every rule of the pack, in every kind", () => {
  for (const make of Object.values(workloads)) {
    expect(rules.flatMap((rule) => rule.violations(make(goodPod)))).toEqual([]);
  }
});

test("what is not known yet is not judged", () => {
  for (const [type, properties] of [
    ["apps/v1:Deployment", { spec: { template: { spec: unknownValue } } }],
    ["apps/v1:Deployment", { spec: { template: unknownValue } }],
    ["batch/v1:CronJob", { spec: { jobTemplate: unknownValue } }],
    ["apps/v1:Deployment", { spec: unknownValue }],
    [
      "apps/v1:Deployment",
      { spec: { template: { spec: { ...goodPod, automountServiceAccountToken: unknownValue } } } },
    ],
    ["core/v1:Namespace", { metadata: unknownValue }],
    ["core/v1:Namespace", { metadata: { labels: unknownValue } }],
    ["gateway.networking.k8s.io/v1:Gateway", { spec: { listeners: [{ protocol: unknownValue }] } }],
  ] as const) {
    const view = resource(properties, { type: `kubernetes:${type}` });
    expect(own.flatMap((rule) => rule.violations(view))).toEqual([]);
  }
});
