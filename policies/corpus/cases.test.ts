import { describe, expect, test } from "vitest";
import { unknownValue } from "../lib/plain-data.ts";
import { goodPod, resource, workloads } from "../lib/rule-cases.ts";
import { rules, stackRules } from "../rules/index.ts";
import { resourceCases } from "./cases.ts";
import { cloudCases } from "./cloud.ts";
import { corpusParameters } from "./cloud-kinds.ts";
import { stackCases } from "./stack.ts";
import { changed } from "./typed-case.ts";

const groups = new Set(["cloud", "kubernetes", "ml"]);
const own = rules.filter(({ group }) => groups.has(group));
const least = 20;

test("every rule has at least twenty cases, some that pass and some that fail", () => {
  expect(Object.keys(resourceCases).sort()).toEqual(own.map(({ id }) => id).sort());
  expect(Object.keys(stackCases).sort()).toEqual(stackRules.map(({ id }) => id).sort());
  for (const [id, { bad, good }] of Object.entries({ ...resourceCases, ...stackCases })) {
    expect(bad.length + good.length, id).toBeGreaterThanOrEqual(least);
    expect(Math.min(bad.length, good.length), id).toBeGreaterThan(0);
  }
});

describe.each(own.map((rule) => [rule.id, rule] as const))("%s", (id, rule) => {
  const { bad, good } = resourceCases[id] ?? { bad: [], good: [] };
  test("what is bad is caught", () => {
    const taken = bad.filter(([, view]) => rule.violations(view, corpusParameters).length === 0);
    expect(taken.map(([what]) => what)).toEqual([]);
  });
  test("what is good is accepted", () => {
    const refused = good.filter(([, view]) => rule.violations(view, corpusParameters).length > 0);
    expect(refused.map(([what]) => what)).toEqual([]);
  });
  if (!(id in cloudCases)) return;
  test("what it looks at is not judged while it is not known", () => {
    const judged = bad.filter(([what, view]) => {
      const path = /with (?<path>[\w.]+) /.exec(what)?.groups?.path;
      if (path === undefined) return false;
      const properties = changed(view.properties, path, unknownValue);
      return rule.violations({ ...view, properties }, corpusParameters).length > 0;
    });
    expect(judged.map(([what]) => what)).toEqual([]);
  });
});

describe.each(stackRules.map((rule) => [rule.id, rule] as const))("%s", (id, rule) => {
  const { bad, good } = stackCases[id] ?? { bad: [], good: [] };
  test("what is bad is caught, and the resource is named", () => {
    for (const [what, resources] of bad) {
      const found = rule.stackViolations(resources, corpusParameters);
      expect(found, what).not.toEqual([]);
      for (const violation of found) expect(resources, what).toContain(violation.resource);
    }
  });
  test("what is good is accepted", () => {
    for (const [what, resources] of good)
      expect(rule.stackViolations(resources, corpusParameters), what).toEqual([]);
  });
});

test("rules that ask what an organisation allows say nothing where it does not say", () => {
  for (const id of ["kubernetes-image-registry", "cloud-regions", "cloud-instance-families"]) {
    const rule = own.find((one) => one.id === id);
    for (const [, view] of resourceCases[id]?.bad ?? []) expect(rule?.violations(view)).toEqual([]);
  }
});

test("a good pod passes every rule of the pack, in every kind", () => {
  for (const make of Object.values(workloads)) {
    expect(rules.flatMap((rule) => rule.violations(make(goodPod), corpusParameters))).toEqual([]);
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
    ["serving.kserve.io/v1beta1:InferenceService", { spec: unknownValue }],
  ] as const) {
    const view = resource(properties, { type: `kubernetes:${type}` });
    expect(own.flatMap((rule) => rule.violations(view, corpusParameters))).toEqual([]);
    if (type !== "core/v1:Namespace") {
      expect(stackRules.flatMap((rule) => rule.stackViolations([view], corpusParameters))).toEqual([]);
    }
  }
});
