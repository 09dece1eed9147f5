import type { ResourceView } from "../lib/rule.ts";
import { resource } from "../lib/rule-cases.ts";
import type { StackCase, StackCases } from "./resource-case.ts";

const of = (type: string, properties: object = {}): ResourceView => resource(properties, { type });
const named = (kind: string, name: string, properties: object = {}, namespace = "ml") =>
  of(`kubernetes:${kind}`, { metadata: { name, namespace }, ...properties });

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
    ...misses.map(
      (selector): StackCase => [
        `a ${kind} and a budget for ${JSON.stringify(selector)}`,
        [workload(kind, 3), budget(selector)],
      ],
    ),
  ]),
  good: kinds.flatMap((kind): StackCase[] => [
    [`a ${kind} of one`, [workload(kind, 1)]],
    [`a ${kind} that does not say`, [workload(kind, undefined)]],
    ...fits.map(
      (selector): StackCase => [
        `a ${kind} and a budget for ${JSON.stringify(selector)}`,
        [budget(selector), workload(kind, 3)],
      ],
    ),
  ]),
};

const route = (rules: readonly object[], more: object = {}, kind = "HTTPRoute") =>
  of(`kubernetes:gateway.networking.k8s.io/v1:${kind}`, {
    metadata: { name: "infer", namespace: "ml", ...more },
    spec: { parentRefs: [{ name: "public" }], rules },
  });
const path = (value: string) => [{ matches: [{ path: { type: "PathPrefix", value } }] }];
const grpc = [{ matches: [{ method: { service: "inference.GRPCInferenceService" } }] }];
const envoy = (kind: string, spec: object, target: object) =>
  named(`gateway.envoyproxy.io/v1alpha1:${kind}`, kind.toLowerCase(), {
    spec: { targetRefs: [target], ...spec },
  });
const toRoute = { kind: "HTTPRoute", name: "infer" };
const toGateway = { kind: "Gateway", name: "public" };
const signIn = (target: object, way: object = { jwt: {} }) => envoy("SecurityPolicy", way, target);
const limit = (target: object, spec: object = { rateLimit: {} }) =>
  envoy("BackendTrafficPolicy", spec, target);
const modelPaths = [
  "/v2",
  "/v2/models/penguins/infer",
  "/v1/models",
  "/invocations",
  "/openai/v1/chat/completions",
  "/v1/chat/completions",
  "/api/bedplate/v1",
];

const publicInference: StackCases = {
  bad: [
    ...modelPaths.flatMap((value): StackCase[] => [
      [`a route for ${value} alone`, [route(path(value))]],
      [`a route for ${value} without a limit`, [route(path(value)), signIn(toRoute)]],
      [`a route for ${value} without sign-in`, [route(path(value)), limit(toGateway)]],
    ]),
    ["a route by its label", [route(path("/"), { labels: { "bedplate.dev/capability": "serving" } })]],
    ["a gRPC route", [route(grpc, {}, "GRPCRoute")]],
    [
      "policies of something else",
      [
        route(path("/v2")),
        signIn({ kind: "HTTPRoute", name: "other" }),
        limit({ kind: "Gateway", name: "private" }),
      ],
    ],
    [
      "policies that do nothing of it",
      [route(path("/v2")), signIn(toRoute, { cors: {} }), limit(toRoute, { retry: {} })],
    ],
  ],
  good: [
    ["no route", []],
    ["a route to pages", [route(path("/docs"))]],
    ["a route to another service", [route(path("/v2ray"))]],
    ...["jwt", "oidc", "basicAuth", "apiKeyAuth", "extAuth"].map(
      (way): StackCase => [
        `a route with ${way}`,
        [route(path("/v2")), signIn(toRoute, { [way]: {} }), limit(toRoute)],
      ],
    ),
    ["policies of the gateway", [route(path("/v2")), signIn(toGateway), limit(toGateway)]],
    [
      "a target in the old way",
      [
        route(path("/v2")),
        named("gateway.envoyproxy.io/v1alpha1:SecurityPolicy", "s", {
          spec: { targetRef: toRoute, oidc: {} },
        }),
        limit(toRoute),
      ],
    ],
    [
      "a gRPC route with both",
      [route(grpc, {}, "GRPCRoute"), signIn({ kind: "GRPCRoute", name: "infer" }), limit(toGateway)],
    ],
  ],
};

const bucket = (type: string, properties: object = {}) => of(type, properties);
const topic = (config: unknown) => named("kafka.strimzi.io/v1:KafkaTopic", "events", { spec: { config } });
const awsTypes = ["aws:s3/bucket:Bucket", "aws:s3/bucketV2:BucketV2"];
const lifecycle = (name: string) =>
  of("aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration", { bucket: name });
const google = "gcp:storage/bucket:Bucket";
const forEver: readonly unknown[] = [
  undefined,
  null,
  {},
  { "retention.ms": "-1" },
  { "retention.ms": -1 },
  { "retention.ms": "0" },
  { "retention.ms": "long" },
  { "cleanup.policy": "delete" },
  { "cleanup.policy": "compact,delete" },
];

const retention: StackCases = {
  bad: [
    ...awsTypes.flatMap((type): StackCase[] => [
      [`${type} alone`, [bucket(type)]],
      [`${type} without rules`, [bucket(type, { bucket: "a", lifecycleRules: [] })]],
      [`${type} and a lifecycle of another`, [bucket(type, { bucket: "a" }), lifecycle("b")]],
    ]),
    ["a Google bucket", [bucket(google)]],
    ["a Google bucket without rules", [bucket(google, { lifecycleRules: [] })]],
    [
      "one of two Google buckets",
      [bucket(google, { lifecycleRules: [{}] }), bucket(google, { lifecycleRules: null })],
    ],
    ...forEver.map((config): StackCase => [`a topic with ${JSON.stringify(config)}`, [topic(config)]]),
    ...forEver
      .slice(3, 6)
      .map(
        (config): StackCase => [
          `a second topic with ${JSON.stringify(config)}`,
          [topic({ "retention.ms": 1 }), topic(config)],
        ],
      ),
  ],
  good: [
    ["nothing", []],
    ...awsTypes.flatMap((type): StackCase[] => [
      [`${type} with rules`, [bucket(type, { lifecycleRules: [{ enabled: true }] })]],
      [`${type} and its lifecycle`, [bucket(type, { bucket: "a" }), lifecycle("a")]],
    ]),
    ["a Google bucket with rules", [bucket(google, { lifecycleRules: [{}] })]],
    ["a topic with a time", [topic({ "retention.ms": "604800000" })]],
    ["a topic that keeps the last of each key", [topic({ "cleanup.policy": "compact" })]],
  ],
};

/** Cases for the rules about whole stacks, by the rule's id. */
export const stackCases: Readonly<Record<string, StackCases>> = {
  "cloud-budgets": budgets,
  "cloud-gpu-ceiling": gpuCeiling,
  "kubernetes-default-deny": defaultDeny,
  "kubernetes-disruption-budget": disruptionBudget,
  "ml-public-inference": publicInference,
  "ml-retention": retention,
};
