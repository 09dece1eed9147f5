import { expect, test } from "vitest";
import { unknownValue } from "../lib/plain-data.ts";
import { goodPod, podWorkloads } from "../lib/rule-cases.ts";
import { rules } from "../rules/index.ts";
import { podCases } from "./judged.ts";
import { mutants, type PodCase } from "./pod-case.ts";

const podRules = rules.filter((rule) => rule.group.startsWith("pss-"));
/** Each mutant in each of the nine kinds. */
const resources = (one: PodCase) =>
  mutants(one).flatMap((pod) => Object.values(podWorkloads).map((make) => make(pod)));

test("every rule about pods has cases that pass and cases that fail, twenty or more in all", () => {
  expect(Object.keys(podCases).sort()).toEqual(podRules.map(({ id }) => id).sort());
  for (const { good, bad } of Object.values(podCases)) {
    expect(Math.min(good.length, bad.length)).toBeGreaterThanOrEqual(2);
    expect([...good, ...bad].flatMap(resources).length).toBeGreaterThanOrEqual(20);
  }
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
