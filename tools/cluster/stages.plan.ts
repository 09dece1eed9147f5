/** What kwok does with objects of a kind: it stands in for kubelets, cloud controllers and operators. */
export type Stage = {
  readonly apiVersion: "kwok.x-k8s.io/v1alpha1";
  readonly kind: "Stage";
  readonly metadata: { readonly name: string };
  readonly spec: Readonly<Record<string, unknown>>;
};

/** An operator's resource, and what its status says once the operator is done with it. */
interface OperatorResource {
  readonly apiVersion: string;
  readonly kind: string;
  /** Conditions that are true then. */
  readonly conditions?: readonly string[];
  /** More of the status: YAML, a Go template over the object. */
  readonly status?: string;
  /** Put on it by its operator, and taken away by nobody else. */
  readonly finalizer?: string;
}

/** Of the documentation range (RFC 5737): nothing answers there. */
const loadBalancerAddress = "192.0.2.10";

/** The resources that the platform makes of operators that cannot run here. */
const operatorResources: readonly OperatorResource[] = [
  { apiVersion: "cert-manager.io/v1", kind: "Certificate", conditions: ["Ready"] },
  { apiVersion: "cert-manager.io/v1", kind: "Issuer", conditions: ["Ready"] },
  { apiVersion: "cert-manager.io/v1", kind: "ClusterIssuer", conditions: ["Ready"] },
  {
    apiVersion: "gateway.networking.k8s.io/v1",
    kind: "GatewayClass",
    conditions: ["Accepted"],
    finalizer: "gateway-exists-finalizer.gateway.networking.k8s.io",
  },
  {
    apiVersion: "gateway.networking.k8s.io/v1",
    kind: "Gateway",
    conditions: ["Programmed", "Accepted"],
    status: `addresses: [ { type: IPAddress, value: "${loadBalancerAddress}" } ]`,
  },
  {
    apiVersion: "kueue.x-k8s.io/v1beta2",
    kind: "ClusterQueue",
    conditions: ["Active"],
    finalizer: "kueue.x-k8s.io/resource-in-use",
  },
  { apiVersion: "kueue.x-k8s.io/v1beta2", kind: "LocalQueue", conditions: ["Active"] },
  { apiVersion: "ray.io/v1", kind: "RayCluster", status: "state: ready" },
  {
    apiVersion: "serving.kserve.io/v1beta1",
    kind: "InferenceService",
    conditions: ["Ready"],
    finalizer: "inferenceservice.finalizers",
  },
  {
    apiVersion: "postgresql.cnpg.io/v1",
    kind: "Cluster",
    conditions: ["Ready"],
    status: "phase: Cluster in healthy state\nreadyInstances: {{ .spec.instances }}",
  },
  {
    apiVersion: "postgresql.cnpg.io/v1",
    kind: "Database",
    status: "applied: true",
    finalizer: "cnpg.io/deleteDatabase",
  },
  { apiVersion: "postgresql.cnpg.io/v1", kind: "DatabaseRole", status: "applied: true" },
  { apiVersion: "kafka.strimzi.io/v1", kind: "Kafka", conditions: ["Ready"] },
  {
    apiVersion: "kafka.strimzi.io/v1",
    kind: "KafkaTopic",
    conditions: ["Ready"],
    finalizer: "strimzi.io/topic-operator",
  },
  { apiVersion: "kafka.strimzi.io/v1", kind: "KafkaUser", conditions: ["Ready"] },
  { apiVersion: "kafka.strimzi.io/v1", kind: "KafkaConnect", conditions: ["Ready"] },
  { apiVersion: "kafka.strimzi.io/v1", kind: "KafkaConnector", conditions: ["Ready"] },
  {
    apiVersion: "keda.sh/v1alpha1",
    kind: "ScaledObject",
    conditions: ["Ready"],
    finalizer: "finalizer.keda.sh",
  },
  { apiVersion: "external-secrets.io/v1", kind: "SecretStore", conditions: ["Ready"] },
  { apiVersion: "external-secrets.io/v1", kind: "ClusterSecretStore", conditions: ["Ready"] },
  { apiVersion: "external-secrets.io/v1", kind: "ExternalSecret", conditions: ["Ready"] },
  { apiVersion: "karpenter.sh/v1", kind: "NodePool", conditions: ["Ready"] },
  { apiVersion: "feast.dev/v1", kind: "FeatureStore", conditions: ["Ready"], status: "phase: Ready" },
  { apiVersion: "debezium.io/v1alpha1", kind: "DebeziumServer", conditions: ["Ready"] },
  {
    apiVersion: "rabbitmq.com/v1beta1",
    kind: "RabbitmqCluster",
    conditions: ["AllReplicasReady", "ReconcileSuccess"],
  },
  { apiVersion: "nvidia.com/v1", kind: "ClusterPolicy", status: "state: ready\nnamespace: gpu-operator" },
  { apiVersion: "monitoring.coreos.com/v1", kind: "Prometheus", conditions: ["Available"] },
  { apiVersion: "monitoring.coreos.com/v1", kind: "Alertmanager", conditions: ["Available"] },
  {
    apiVersion: "elasticsearch.k8s.elastic.co/v1",
    kind: "Elasticsearch",
    status: "phase: Ready\nhealth: green",
  },
  { apiVersion: "kibana.k8s.elastic.co/v1", kind: "Kibana", status: "health: green" },
  { apiVersion: "velero.io/v1", kind: "BackupStorageLocation", status: "phase: Available" },
  { apiVersion: "velero.io/v1", kind: "Schedule", status: "phase: Enabled" },
  { apiVersion: "operator.knative.dev/v1beta1", kind: "KnativeServing", conditions: ["Ready"] },
];

const isAlive = { key: ".metadata.deletionTimestamp", operator: "DoesNotExist" };

function stage(name: string, spec: Readonly<Record<string, unknown>>): Stage {
  return { apiVersion: "kwok.x-k8s.io/v1alpha1", kind: "Stage", metadata: { name }, spec };
}

const groupOf = (apiVersion: string) => apiVersion.split("/")[0];

function conditionsTemplate(types: readonly string[]): string {
  const lines = types.flatMap((type) => [
    `- type: ${type}`,
    '  status: "True"',
    "  reason: Kwok",
    "  message: marked ready by kwok",
    "  lastTransitionTime: {{ Now | Quote }}",
    "  observedGeneration: {{ .metadata.generation }}",
  ]);
  return ["conditions:", ...lines].join("\n");
}

/** Marks a resource ready, as long as it is not. */
function readyStage({ apiVersion, kind, conditions = [], status = "", finalizer }: OperatorResource): Stage {
  const [condition] = conditions;
  const field = status.split(":")[0];
  const notYet =
    condition === undefined
      ? { key: `.status.${field}`, operator: "DoesNotExist" }
      : {
          key: `.status.conditions.[] | select( .type == "${condition}" ) | .status`,
          operator: "NotIn",
          values: ["True"],
        };
  const template = [status, conditions.length > 0 ? conditionsTemplate(conditions) : ""]
    .filter((part) => part !== "")
    .join("\n");
  return stage(`${kind.toLowerCase()}-ready.${groupOf(apiVersion)}`, {
    resourceRef: { apiGroup: apiVersion, kind },
    selector: { matchExpressions: [isAlive, notYet] },
    steps: [
      ...(finalizer === undefined ? [] : [{ finalizers: { add: [{ value: finalizer }] } }]),
      { patch: { root: "status", subresource: "status", template } },
    ],
  });
}

/** Lets a resource go that is deleted, as its operator does once it has cleaned up. */
function releaseStage({ apiVersion, kind }: OperatorResource, finalizer: string): Stage {
  return stage(`${kind.toLowerCase()}-release.${groupOf(apiVersion)}`, {
    resourceRef: { apiGroup: apiVersion, kind },
    selector: {
      matchExpressions: [
        { key: ".metadata.deletionTimestamp", operator: "Exists" },
        { key: ".metadata.finalizers.[]", operator: "In", values: [finalizer] },
      ],
    },
    next: { finalizers: { remove: [{ value: finalizer }] } },
  });
}

/** The resources of the given kinds, each as `<group>/<kind>`, with which an operator does something. */
export const operated = (kinds: ReadonlySet<string>) =>
  operatorResources.filter(({ apiVersion, kind }) => kinds.has(`${groupOf(apiVersion)}/${kind}`));

/** What an operator does with its resources of the given kinds, each as `<group>/<kind>`. */
export function operatorStages(kinds: ReadonlySet<string>): Stage[] {
  return operated(kinds).flatMap((resource) => [
    readyStage(resource),
    ...(resource.finalizer === undefined ? [] : [releaseStage(resource, resource.finalizer)]),
  ]);
}

/** A Service of type LoadBalancer gets an address, as a cloud's controller would give it one. */
const loadBalancer = stage("service-load-balancer", {
  resourceRef: { apiGroup: "v1", kind: "Service" },
  selector: {
    matchExpressions: [
      isAlive,
      { key: ".spec.type", operator: "In", values: ["LoadBalancer"] },
      { key: ".status.loadBalancer.ingress.[].ip", operator: "DoesNotExist" },
    ],
  },
  steps: [
    {
      patch: {
        root: "status",
        subresource: "status",
        template: `loadBalancer: { ingress: [ { ip: "${loadBalancerAddress}" } ] }`,
      },
    },
  ],
});

/** A Job's pod with this annotation runs until it is deleted, or told how to end; others end well at once. */
export const endingAnnotation = "bedplate.dev/test-ending";

const annotation = (value: string) => ({
  key: `.metadata.annotations["${endingAnnotation}"]`,
  operator: "In",
  values: [value],
});
const runsForJob = [
  isAlive,
  { key: ".status.phase", operator: "In", values: ["Running"] },
  { key: ".metadata.ownerReferences.[].kind", operator: "In", values: ["Job"] },
];

function podEnding(name: string, selector: object, phase: string, exitCode: number): Stage {
  const template = `{{ $now := Now }}
{{ $root := . }}
containerStatuses:
{{ range $index, $item := .spec.containers }}
- image: {{ $item.image | Quote }}
  name: {{ $item.name | Quote }}
  ready: false
  restartCount: 0
  started: false
  state:
    terminated:
      exitCode: ${exitCode}
      reason: ${exitCode === 0 ? "Completed" : "Error"}
      startedAt: {{ $now | Quote }}
      finishedAt: {{ $now | Quote }}
{{ end }}
phase: ${phase}`;
  return stage(name, {
    resourceRef: { apiGroup: "v1", kind: "Pod" },
    selector: { matchExpressions: [...runsForJob, selector] },
    steps: [{ patch: { root: "status", subresource: "status", template } }],
  });
}

/** Stages for what every cluster has. `pod-complete` takes the place of kwok's own. */
export const builtInStages: readonly Stage[] = [
  loadBalancer,
  podEnding(
    "pod-complete",
    { key: `.metadata.annotations["${endingAnnotation}"]`, operator: "DoesNotExist" },
    "Succeeded",
    0,
  ),
  podEnding("pod-succeed", annotation("succeed"), "Succeeded", 0),
  podEnding("pod-fail", annotation("fail"), "Failed", 3),
];
