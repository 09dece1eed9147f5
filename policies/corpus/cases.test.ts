import { expect, test } from "vitest";
import { unknownValue } from "../lib/plain-data.ts";
import { goodPod, resource, workloads } from "../lib/rule-cases.ts";
import { rules, stackRules } from "../rules/index.ts";
import { resourceCases } from "./cases.ts";
import { corpusParameters } from "./cloud-kinds.ts";
import { stackCases } from "./stack.ts";

const own = rules.filter(({ group }) => !group.startsWith("pss-"));
const least = 20;

test("every rule has at least twenty cases, some that pass and some that fail", () => {
  expect(Object.keys(resourceCases).sort()).toEqual(own.map(({ id }) => id).sort());
  expect(Object.keys(stackCases).sort()).toEqual(stackRules.map(({ id }) => id).sort());
  for (const [id, { bad, good }] of Object.entries({ ...resourceCases, ...stackCases })) {
    expect(bad.length + good.length, id).toBeGreaterThanOrEqual(least);
    expect(Math.min(bad.length, good.length), id).toBeGreaterThan(0);
  }
});

test("a good pod passes every rule of the pack, in every kind", () => {
  for (const make of Object.values(workloads)) {
    expect(rules.flatMap((rule) => rule.violations(make(goodPod), corpusParameters))).toEqual([]);
  }
});

test("a secret that is found is not in what is said", () => {
  const id = "secrets-no-plaintext-environment";
  const rule = own.find((one) => one.id === id);
  const values = /hunter2|sk-1234|s3cr3t|YWRtaW4|wJalrXUtnFEMI|BEGIN|123456/;
  const said = (resourceCases[id]?.bad ?? []).flatMap(([, view]) => rule?.violations(view) ?? []);
  expect(said.length).toBeGreaterThan(0);
  expect(said.filter((message) => values.test(message))).toEqual([]);
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
