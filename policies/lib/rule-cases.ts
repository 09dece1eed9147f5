import type { ResourceView } from "./rule.ts";

/** A resource for a rule's tests: a Deployment of ours unless told otherwise. */
export function resource(properties: unknown, given: Partial<ResourceView> = {}): ResourceView {
  const type = given.type ?? "kubernetes:apps/v1:Deployment";
  return { type, urn: `urn:pulumi:test::project::${type}::it`, custom: true, properties, ...given };
}

/** The nine kinds of workload, each around one pod's spec. */
export const workloads: Readonly<Record<string, (podSpec: object) => ResourceView>> = {
  Pod: (spec) => resource({ spec }, { type: "kubernetes:core/v1:Pod" }),
  PodTemplate: (spec) => resource({ template: { spec } }, { type: "kubernetes:core/v1:PodTemplate" }),
  Deployment: (spec) => resource({ spec: { template: { spec } } }),
  StatefulSet: (spec) =>
    resource({ spec: { template: { spec } } }, { type: "kubernetes:apps/v1:StatefulSet" }),
  DaemonSet: (spec) => resource({ spec: { template: { spec } } }, { type: "kubernetes:apps/v1:DaemonSet" }),
  ReplicaSet: (spec) => resource({ spec: { template: { spec } } }, { type: "kubernetes:apps/v1:ReplicaSet" }),
  ReplicationController: (spec) =>
    resource({ spec: { template: { spec } } }, { type: "kubernetes:core/v1:ReplicationController" }),
  Job: (spec) => resource({ spec: { template: { spec } } }, { type: "kubernetes:batch/v1:Job" }),
  CronJob: (spec) =>
    resource(
      { spec: { jobTemplate: { spec: { template: { spec } } } } },
      { type: "kubernetes:batch/v1:CronJob" },
    ),
};

/** The three lists of containers in a pod's spec. */
export const containerLists = ["initContainers", "containers", "ephemeralContainers"] as const;

/** Types that the rules know something about, and some that they do not. */
export const someTypes = [
  ...Object.values(workloads).map((make) => make({}).type),
  "kubernetes:core/v1:Service",
  "kubernetes:core/v1:ServiceList",
  "kubernetes:core/v1:ConfigMap",
  "kubernetes:networking.k8s.io/v1:Ingress",
  "kubernetes:apps/v1:DeploymentPatch",
  "pulumi-nodejs:dynamic/bedplate:LocalProcess",
  "aws:lambda/function:Function",
  "",
];
