import { describe, expect, test } from "vitest";
import { unknownValue } from "../lib/plain-data.ts";
import type { ResourceView } from "../lib/rule.ts";
import { goodPod, podWorkloads } from "../lib/rule-cases.ts";
import { rules } from "../rules/index.ts";
import { mutants, type PodCase } from "./pod-case.ts";
import { baselineCases } from "./pss-baseline.ts";
import { restrictedCases } from "./pss-restricted.ts";

const cases = { ...baselineCases, ...restrictedCases };
const podRules = rules.filter((rule) => rule.group.startsWith("pss-"));
const ruleOf = (id: string) => {
  const found = podRules.find((rule) => rule.id === id);
  if (found === undefined) throw new Error(`no rule ${id}`);
  return found;
};

/** Each mutant in each of the nine kinds. */
const resources = (one: PodCase) =>
  mutants(one).flatMap((pod) => Object.values(podWorkloads).map((make) => make(pod)));

test("every rule about pods has cases that pass and cases that fail, twenty or more in all", () => {
  expect(Object.keys(cases).sort()).toEqual(podRules.map(({ id }) => id).sort());
  for (const { good, bad } of Object.values(cases)) {
    expect(Math.min(good.length, bad.length)).toBeGreaterThanOrEqual(2);
    expect([...good, ...bad].flatMap(resources).length).toBeGreaterThanOrEqual(20);
  }
});

describe.each(Object.entries(cases))("%s", (id, { bad, good }) => {
  const breaks = (resource: ResourceView) => ruleOf(id).violations(resource).length > 0;
  const typesOf = (some: readonly ResourceView[]) => some.map(({ type }) => type);
  test.each(bad)("a pod that $what is caught, in every kind and every list", (one) => {
    expect(typesOf(resources(one).filter((resource) => !breaks(resource)))).toEqual([]);
  });
  test.each(good)("a pod that $what is fine, in every kind and every list", (one) => {
    expect(typesOf(resources(one).filter(breaks))).toEqual([]);
  });
});

const make = (name: string, pod: { metadata: object; spec: object }) => {
  const workload = podWorkloads[name];
  if (workload === undefined) throw new Error(`no kind ${name}`);
  return workload(pod);
};

test.each([
  [
    "a Ray cluster",
    "ray.io/v1:RayCluster",
    (pod: object) => ({ spec: { workerGroupSpecs: [{ template: pod }] } }),
  ],
  [
    "a training runtime",
    "trainer.kubeflow.org/v1:ClusterTrainingRuntime",
    (pod: object) => ({
      spec: { template: { spec: { replicatedJobs: [{ template: { spec: { template: pod } } }] } } },
    }),
  ],
  ["a chart's values", "helm.sh/v3:Release", (pod: object) => ({ values: { worker: pod } })],
  [
    "a list of deployments",
    "apps/v1:DeploymentList",
    (pod: object) => ({ items: [{ spec: { template: pod } }] }),
  ],
])("the pod inside %s is judged where it stands", (_what, type, around) => {
  const judge = (one: PodCase) =>
    mutants(one).flatMap((pod) =>
      podRules.flatMap((rule) =>
        rule.violations({ type: `kubernetes:${type}`, urn: "", custom: true, properties: around(pod) }),
      ),
    );
  expect(judge({ what: "is good" })).toEqual([]);
  const [first] = judge({ what: "is privileged", container: { securityContext: { privileged: true } } });
  expect(first).toMatch(
    /\[0\].*\.initContainers\[0\]\.securityContext\.privileged is true|values\.worker\.spec\.init/,
  );
});

test("what is not known yet is not judged", () => {
  for (const unknownAt of [
    { securityContext: unknownValue },
    { containers: unknownValue, initContainers: unknownValue, ephemeralContainers: unknownValue },
    { hostUsers: unknownValue },
    { volumes: [{ name: "v", source: unknownValue }] },
    { hostNetwork: unknownValue },
  ]) {
    const resource = make("Deployment", { metadata: {}, spec: { ...goodPod, ...unknownAt } });
    expect(podRules.flatMap((rule) => rule.violations(resource))).toEqual([]);
  }
});
