import type { StackCase, StackCases } from "./resource-case.ts";
import { mlStackCases } from "./stack-ml.ts";
import { named, of } from "./stack-resource.ts";

const awsSpends = [
  "eks/cluster:Cluster",
  "eks/nodeGroup:NodeGroup",
  "ec2/instance:Instance",
  "ec2/launchTemplate:LaunchTemplate",
  "rds/instance:Instance",
  "rds/cluster:Cluster",
  "msk/cluster:Cluster",
  "redshift/cluster:Cluster",
  "elasticache/replicationGroup:ReplicationGroup",
  "opensearch/domain:Domain",
  "sagemaker/notebookInstance:NotebookInstance",
].map((type) => `aws:${type}`);
const gcpSpends = [
  "container/cluster:Cluster",
  "container/nodePool:NodePool",
  "compute/instance:Instance",
  "compute/instanceTemplate:InstanceTemplate",
  "sql/databaseInstance:DatabaseInstance",
  "alloydb/cluster:Cluster",
  "managedkafka/cluster:Cluster",
  "memorystore/instance:Instance",
  "bigtable/instance:Instance",
].map((type) => `gcp:${type}`);
const awsBudget = of("aws:budgets/budget:Budget");
const gcpBudget = of("gcp:billing/budget:Budget");

const budgets: StackCases = {
  bad: [
    ...awsSpends.flatMap((type): StackCase[] => [
      [`a stack with ${type}`, [of(type)]],
      [`a stack with ${type} and the other cloud's budget`, [gcpBudget, of(type)]],
    ]),
    ...gcpSpends.map((type): StackCase => [`a stack with ${type}`, [of(type), awsBudget]]),
  ],
  good: [
    ["an empty stack", []],
    ["a stack with buckets only", [of("aws:s3/bucket:Bucket"), of("gcp:storage/bucket:Bucket")]],
    ...awsSpends.map((type): StackCase => [`a stack with ${type} and a budget`, [of(type), awsBudget]]),
    ...gcpSpends.map((type): StackCase => [`a stack with ${type} and a budget`, [gcpBudget, of(type)]]),
  ],
};

const quota = (hard: object, namespace = "team-a") =>
  named("core/v1:ResourceQuota", "q", { spec: { hard } }, namespace);
const queue = (labels: object, ...resources: readonly object[]) =>
  of("kubernetes:kueue.x-k8s.io/v1beta2:ClusterQueue", {
    metadata: { name: "q", labels },
    spec: { resourceGroups: [{ flavors: [{ name: "gpu", resources }] }] },
  });
const team = { "bedplate.dev/team": "vision" };
const gpus = [
  "nvidia.com/gpu",
  "requests.nvidia.com/gpu",
  "nvidia.com/mig-1g.5gb",
  "amd.com/gpu",
  "google.com/tpu",
];

const gpuCeiling: StackCases = {
  bad: [
    ...gpus.flatMap((name) =>
      [9, "9", "64"].map(
        (amount): StackCase => [`a quota of ${amount} ${name}`, [quota({ cpu: "4", [name]: amount })]],
      ),
    ),
    ...[
      [{ nominalQuota: 9 }],
      [{ nominalQuota: 4, borrowingLimit: 5 }],
      [{ nominalQuota: "8", borrowingLimit: "1" }],
      [{ nominalQuota: 5 }, { nominalQuota: 4 }],
      [{ nominalQuota: 12 }, { nominalQuota: -5 }],
    ].map(
      (amounts): StackCase => [
        `a queue of ${JSON.stringify(amounts)}`,
        [queue(team, ...amounts.map((amount) => ({ name: "nvidia.com/gpu", ...amount })))],
      ],
    ),
    ["one team of two", [quota({ "nvidia.com/gpu": 2 }), quota({ "nvidia.com/gpu": 100 }, "team-b")]],
  ],
  good: [
    ["no quota", []],
    ["what is no quota, of a namespace", [named("core/v1:ConfigMap", "c", { spec: { hard: {} } })]],
    ["a small quota", [quota({ "nvidia.com/gpu": 8 })]],
    ["a quota without end, which is none", [quota({ "nvidia.com/gpu": "Infinity" })]],
    [
      "many of what is no accelerator",
      [quota({ "nvidia.com/gpu-memory": 640, "example.org/nvidia.com/gpu": 640 })],
    ],
    ["other things", [of("kubernetes:core/v1:ConfigMap", { data: {} }), of("aws:s3/bucket:Bucket", {})]],
    [
      "a queue of a team that is a number",
      [queue({ "bedplate.dev/team": 7 }, { name: "nvidia.com/gpu", nominalQuota: 640 })],
    ],
    ["many cores", [quota({ cpu: "640", memory: "1Ti" })]],
    [
      "a queue that may borrow up to it",
      [queue(team, { name: "nvidia.com/gpu", nominalQuota: 4, borrowingLimit: 4 })],
    ],
    ["a queue of cores", [queue(team, { name: "cpu", nominalQuota: 640 })]],
    ["a queue of nobody", [queue({}, { name: "nvidia.com/gpu", nominalQuota: 640 })]],
    [
      "two teams with as much as each may have",
      [quota({ "nvidia.com/gpu": 8 }), quota({ "nvidia.com/gpu": 8 }, "team-b")],
    ],
  ],
};

const namespace = (name: string) => of("kubernetes:core/v1:Namespace", { metadata: { name } });
const policy = (spec: object, where = "ml") =>
  named("networking.k8s.io/v1:NetworkPolicy", "deny", { spec }, where);
const deny = { podSelector: {}, policyTypes: ["Ingress", "Egress"] };
const tooLittle = [
  { podSelector: { matchLabels: { app: "web" } }, policyTypes: ["Ingress"] },
  { podSelector: {}, policyTypes: ["Egress"] },
  { podSelector: {}, policyTypes: ["Ingress"], ingress: [{}] },
  { podSelector: {}, ingress: [{ from: [{ podSelector: {} }] }] },
];

const defaultDeny: StackCases = {
  bad: [
    ["a namespace alone", [namespace("ml")]],
    ["one of two namespaces", [namespace("ml"), namespace("other"), policy(deny)]],
    ["a policy of another namespace", [namespace("ml"), policy(deny, "other")]],
    ...tooLittle.flatMap((spec): StackCase[] => [
      [`a policy ${JSON.stringify(spec)}`, [namespace("ml"), policy(spec)]],
      [
        `two namespaces and a policy ${JSON.stringify(spec)}`,
        [namespace("a"), policy(deny, "a"), namespace("ml"), policy(spec)],
      ],
      [
        `a policy after ${JSON.stringify(spec)} elsewhere`,
        [policy(spec), policy(deny, "other"), namespace("ml")],
      ],
      [
        `a namespace of a list and a policy ${JSON.stringify(spec)}`,
        [of("kubernetes:core/v1:NamespaceList", { items: [{ metadata: { name: "ml" } }] }), policy(spec)],
      ],
    ]),
    [
      "a namespace of a list",
      [of("kubernetes:core/v1:NamespaceList", { items: [{ metadata: { name: "ml" } }] })],
    ],
  ],
  good: [
    ["nothing", []],
    ["a namespace with its policy", [namespace("ml"), policy(deny)]],
    ["the policy first", [policy(deny), namespace("ml")]],
    ["a policy without types, which is about what comes in", [namespace("ml"), policy({ podSelector: {} })]],
    ["a policy of a namespace that is not made here", [policy(deny, "kube-system")]],
    ["a namespace whose name the engine makes up", [of("kubernetes:core/v1:Namespace", { metadata: {} })]],
  ],
};

const labels = { app: "web", tier: "front" };
const workload = (kind: string, replicas: unknown, own: object = labels) =>
  named(`apps/v1:${kind}`, "web", {
    spec: { replicas, selector: { matchLabels: own }, template: { metadata: { labels: own } } },
  });
const budget = (selector: object, where = "ml") =>
  named("policy/v1:PodDisruptionBudget", "web", { spec: { maxUnavailable: 1, selector } }, where);
const kinds = ["Deployment", "StatefulSet"];
const misses: readonly object[] = [
  { matchLabels: { app: "other" } },
  { matchLabels: { app: "web", zone: "a" } },
  { matchExpressions: [{ key: "app", operator: "In", values: ["other"] }] },
  { matchExpressions: [{ key: "app", operator: "NotIn", values: ["web"] }] },
  { matchExpressions: [{ key: "zone", operator: "Exists" }] },
  { matchExpressions: [{ key: "app", operator: "DoesNotExist" }] },
  { matchExpressions: [{ key: "app", operator: "Near" }] },
];
const fits: readonly object[] = [
  {},
  { matchLabels: { app: "web" } },
  { matchLabels: labels },
  { matchExpressions: [{ key: "app", operator: "In", values: ["web", "api"] }] },
  { matchExpressions: [{ key: "app", operator: "NotIn", values: ["api"] }] },
  { matchExpressions: [{ key: "app", operator: "Exists" }] },
  { matchExpressions: [{ key: "zone", operator: "DoesNotExist" }] },
];

const disruptionBudget: StackCases = {
  bad: kinds.flatMap((kind): StackCase[] => [
    [`a ${kind} alone`, [workload(kind, 2)]],
    [`a ${kind} of three in text`, [workload(kind, "3")]],
    [`a ${kind} and a budget elsewhere`, [workload(kind, 2), budget({}, "other")]],
    [
      `a ${kind} of a list`,
      [of(`kubernetes:apps/v1:${kind}List`, { items: [workload(kind, 2).properties] })],
    ],
    ...misses.map(
      (selector): StackCase => [
        `a ${kind} and a budget for ${JSON.stringify(selector)}`,
        [workload(kind, 3), budget(selector)],
      ],
    ),
  ]),
  good: kinds.flatMap((kind): StackCase[] => [
    [`a ${kind} of one`, [workload(kind, 1)]],
    [`a part of a ${kind}`, [of(`kubernetes:apps/v1:${kind}Patch`, { spec: { replicas: 3 } })]],
    [`what is no ${kind}`, [named("ray.io/v1:RayService", "r", { spec: { replicas: 3 } })]],
    [
      `a ${kind} without a namespace and a budget of the default one`,
      [of(`kubernetes:apps/v1:${kind}`, { spec: { replicas: 2 } }), budget({}, "default")],
    ],
    [`a ${kind} that does not say`, [workload(kind, undefined)]],
    ...fits.map(
      (selector): StackCase => [
        `a ${kind} and a budget for ${JSON.stringify(selector)}`,
        [budget(selector), workload(kind, 3)],
      ],
    ),
  ]),
};

/** Cases for the rules about whole stacks, by the rule's id. */
export const stackCases: Readonly<Record<string, StackCases>> = {
  "cloud-budgets": budgets,
  "cloud-gpu-ceiling": gpuCeiling,
  "kubernetes-default-deny": defaultDeny,
  "kubernetes-disruption-budget": disruptionBudget,
  ...mlStackCases,
};
