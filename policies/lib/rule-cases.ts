import type { ResourceView } from "./rule.ts";

/** A resource for a rule's tests: a Deployment of ours unless told otherwise. */
export function resource(properties: unknown, given: Partial<ResourceView> = {}): ResourceView {
  const type = given.type ?? "kubernetes:apps/v1:Deployment";
  return { type, urn: `urn:pulumi:test::project::${type}::it`, custom: true, properties, ...given };
}

interface PodTemplate {
  readonly metadata?: object;
  readonly spec: object;
}

const workload = (type: string, around: (pod: PodTemplate) => object) => (pod: PodTemplate) =>
  resource(around(pod), { type: `kubernetes:${type}` });

/** The nine kinds of workload, each around one pod. */
export const podWorkloads: Readonly<Record<string, (pod: PodTemplate) => ResourceView>> = {
  Pod: workload("core/v1:Pod", (pod) => pod),
  PodTemplate: workload("core/v1:PodTemplate", (template) => ({ template })),
  Deployment: workload("apps/v1:Deployment", (template) => ({ spec: { template } })),
  StatefulSet: workload("apps/v1:StatefulSet", (template) => ({ spec: { template } })),
  DaemonSet: workload("apps/v1:DaemonSet", (template) => ({ spec: { template } })),
  ReplicaSet: workload("apps/v1:ReplicaSet", (template) => ({ spec: { template } })),
  ReplicationController: workload("core/v1:ReplicationController", (template) => ({ spec: { template } })),
  Job: workload("batch/v1:Job", (template) => ({ spec: { template } })),
  CronJob: workload("batch/v1:CronJob", (template) => ({ spec: { jobTemplate: { spec: { template } } } })),
};

/** The nine kinds of workload, each around one pod's spec. */
export const workloads: Readonly<Record<string, (podSpec: object) => ResourceView>> = Object.fromEntries(
  Object.entries(podWorkloads).map(([kind, make]) => [kind, (spec: object) => make({ spec })]),
);

function goodContainer(name: string) {
  return {
    name,
    image: `registry.example/app@sha256:${"0".repeat(64)}`,
    resources: { requests: { cpu: "100m", memory: "64Mi" }, limits: { memory: "64Mi" } },
    readinessProbe: { httpGet: { path: "/readyz", port: 8080 } },
    securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
  };
}

/** The least that passes every rule about pods: one container in each list, all that must be said said. */
export const goodPod = {
  automountServiceAccountToken: false,
  securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
  initContainers: [goodContainer("init")],
  containers: [goodContainer("main")],
  ephemeralContainers: [goodContainer("debug")],
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
  "aws:ec2/securityGroup:SecurityGroup",
  "aws:eks/cluster:Cluster",
  "aws:ec2/launchTemplate:LaunchTemplate",
  "aws:iam/policy:Policy",
  "aws:lb/listener:Listener",
  "aws:s3/bucket:Bucket",
  "gcp:compute/firewall:Firewall",
  "gcp:compute/instance:Instance",
  "gcp:container/nodePool:NodePool",
  "kubernetes:karpenter.sh/v1:NodePool",
  "kubernetes:core/v1:Namespace",
  "kubernetes:core/v1:ResourceQuota",
  "kubernetes:kueue.x-k8s.io/v1beta2:ClusterQueue",
  "kubernetes:networking.k8s.io/v1:NetworkPolicy",
  "kubernetes:policy/v1:PodDisruptionBudget",
  "kubernetes:gateway.networking.k8s.io/v1:HTTPRoute",
  "kubernetes:gateway.envoyproxy.io/v1alpha1:SecurityPolicy",
  "kubernetes:kafka.strimzi.io/v1:KafkaTopic",
  "kubernetes:serving.kserve.io/v1beta1:InferenceService",
  "",
];
