/** Names and labels of a Kubernetes object. */
export interface ObjectMeta {
  readonly name: string;
  /** Absent for what belongs to the whole cluster. */
  readonly namespace?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** A Kubernetes object as plain data. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMeta;
  readonly [field: string]: unknown;
}

/** A kind that an operator brings: its version, and what says that the operator has done its work. */
interface CustomKind {
  readonly apiVersion: string;
  /** Value of `pulumi.com/waitFor`; the object counts as ready at once where none is named. */
  readonly ready?: string;
}

const ready = "condition=Ready";
const kind = (apiVersion: string, wait?: string): CustomKind =>
  wait === undefined ? { apiVersion } : { apiVersion, ready: wait };

/** The one table of custom kinds: their API versions and when they are ready. */
const customKinds = {
  Certificate: kind("cert-manager.io/v1", ready),
  ClusterIssuer: kind("cert-manager.io/v1", ready),
  Issuer: kind("cert-manager.io/v1", ready),
  GatewayClass: kind("gateway.networking.k8s.io/v1", "condition=Accepted"),
  Gateway: kind("gateway.networking.k8s.io/v1", "condition=Programmed"),
  HTTPRoute: kind("gateway.networking.k8s.io/v1"),
  GRPCRoute: kind("gateway.networking.k8s.io/v1"),
  ReferenceGrant: kind("gateway.networking.k8s.io/v1"),
  EnvoyProxy: kind("gateway.envoyproxy.io/v1alpha1"),
  ClientTrafficPolicy: kind("gateway.envoyproxy.io/v1alpha1"),
  BackendTrafficPolicy: kind("gateway.envoyproxy.io/v1alpha1"),
  SecurityPolicy: kind("gateway.envoyproxy.io/v1alpha1"),
  ServiceMonitor: kind("monitoring.coreos.com/v1"),
  PodMonitor: kind("monitoring.coreos.com/v1"),
  PrometheusRule: kind("monitoring.coreos.com/v1"),
  AlertmanagerConfig: kind("monitoring.coreos.com/v1alpha1"),
  Cluster: kind("postgresql.cnpg.io/v1", ready),
  Database: kind("postgresql.cnpg.io/v1", "jsonpath={.status.applied}=true"),
  DatabaseRole: kind("postgresql.cnpg.io/v1", "jsonpath={.status.applied}=true"),
  ScheduledBackup: kind("postgresql.cnpg.io/v1"),
  Pooler: kind("postgresql.cnpg.io/v1"),
  ObjectStore: kind("barmancloud.cnpg.io/v1"),
  Kafka: kind("kafka.strimzi.io/v1", ready),
  KafkaNodePool: kind("kafka.strimzi.io/v1"),
  KafkaTopic: kind("kafka.strimzi.io/v1", ready),
  KafkaUser: kind("kafka.strimzi.io/v1", ready),
  KafkaConnect: kind("kafka.strimzi.io/v1", ready),
  KafkaConnector: kind("kafka.strimzi.io/v1", ready),
  RabbitmqCluster: kind("rabbitmq.com/v1beta1", "condition=AllReplicasReady"),
  DebeziumServer: kind("debezium.io/v1alpha1", ready),
  ResourceFlavor: kind("kueue.x-k8s.io/v1beta2"),
  Cohort: kind("kueue.x-k8s.io/v1beta2"),
  ClusterQueue: kind("kueue.x-k8s.io/v1beta2"),
  LocalQueue: kind("kueue.x-k8s.io/v1beta2"),
  WorkloadPriorityClass: kind("kueue.x-k8s.io/v1beta2"),
  ClusterTrainingRuntime: kind("trainer.kubeflow.org/v1alpha1"),
  RayCluster: kind("ray.io/v1"),
  ClusterServingRuntime: kind("serving.kserve.io/v1alpha1"),
  InferenceService: kind("serving.kserve.io/v1beta1", ready),
  KnativeServing: kind("operator.knative.dev/v1beta1", ready),
  ScaledObject: kind("keda.sh/v1alpha1", ready),
  TriggerAuthentication: kind("keda.sh/v1alpha1"),
  ClusterSecretStore: kind("external-secrets.io/v1", ready),
  ExternalSecret: kind("external-secrets.io/v1", ready),
  FeatureStore: kind("feast.dev/v1"),
  Elasticsearch: kind("elasticsearch.k8s.elastic.co/v1", "jsonpath={.status.phase}=Ready"),
  Kibana: kind("kibana.k8s.elastic.co/v1", "jsonpath={.status.health}=green"),
  PeerAuthentication: kind("security.istio.io/v1"),
  AuthorizationPolicy: kind("security.istio.io/v1"),
  ValidatingPolicy: kind("policies.kyverno.io/v1"),
  Schedule: kind("velero.io/v1"),
  BackupStorageLocation: kind("velero.io/v1"),
} as const satisfies Record<string, CustomKind>;

export type CustomKindName = keyof typeof customKinds;

/** A custom resource; its API version comes from the one table. */
export function custom(
  name: CustomKindName,
  metadata: ObjectMeta,
  spec: Readonly<Record<string, unknown>>,
): Manifest {
  return { apiVersion: customKinds[name].apiVersion, kind: name, metadata, spec };
}

const isCustomKind = (name: string): name is CustomKindName => Object.hasOwn(customKinds, name);

/** What `pulumi.com/waitFor` says for an object; undefined for built-in kinds, which the engine knows itself. */
export function waitFor({ apiVersion, kind: name }: Manifest): string | undefined {
  if (!isCustomKind(name)) return undefined;
  const known: CustomKind = customKinds[name];
  return known.apiVersion === apiVersion ? known.ready : undefined;
}

/** An object of a built-in kind. */
export function builtIn(
  apiVersion: string,
  kindName: string,
  metadata: ObjectMeta,
  fields: Readonly<Record<string, unknown>> = {},
): Manifest {
  return { apiVersion, kind: kindName, metadata, ...fields };
}

/** The engine's type of an object: the core group, which Kubernetes leaves unnamed, is called `core`. */
export function typeToken({ apiVersion, kind: name }: Manifest): string {
  return `kubernetes:${apiVersion.includes("/") ? apiVersion : `core/${apiVersion}`}:${name}`;
}

/** Tells an object from all others of a cluster: `Kind/namespace/name`. */
export function identityOf({ kind: name, metadata }: Manifest): string {
  return [name, metadata.namespace, metadata.name].filter((part) => part !== undefined).join("/");
}
