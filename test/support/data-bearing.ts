import { type CatalogChart, catalog } from "@bedplate/components/catalog";

/** What is looked at of a resource, recorded or in a state. */
interface Thing {
  readonly type: string;
  readonly name: string;
  readonly inputs: Readonly<Record<string, unknown>>;
}

/** Kinds whose end is the end of data, by the engine's types without `kubernetes:`. */
const kinds = new Set([
  "apps/v1:StatefulSet",
  "core/v1:PersistentVolume",
  "core/v1:PersistentVolumeClaim",
  "elasticsearch.k8s.elastic.co/v1:Elasticsearch",
  "kafka.strimzi.io/v1:Kafka",
  "kafka.strimzi.io/v1:KafkaNodePool",
  "kafka.strimzi.io/v1:KafkaTopic",
  "postgresql.cnpg.io/v1:Cluster",
  "postgresql.cnpg.io/v1:Database",
  "rabbitmq.com/v1beta1:RabbitmqCluster",
]);

/** Charts that keep data on volumes of their own. */
const stores = new Set(["seaweedfs", "minio"]);

/** Namespaces of what is listed above, and of charts whose volumes outlive their release but not their namespace. */
const namespaces = new Set([
  "bedplate",
  "data-versions",
  "events",
  "key-value",
  "logs",
  "message-queue",
  "monitoring",
  "notebooks",
  "object-store",
  "orchestration",
  "sql",
  "traces",
]);

/** Generated keys without which data cannot be read. */
const keys = /^(lakefs-keys|airflow-keys|runtime-keys|jupyterhub-keys)$/;

/** A release whose end takes definitions along, and with them every resource of those kinds. */
function bringsDefinitions(name: string): boolean {
  const entry: CatalogChart | undefined = Object.hasOwn(catalog, name)
    ? catalog[name as keyof typeof catalog]
    : undefined;
  return entry !== undefined && entry.crdStyle !== "none" && entry.crdStyle !== "separate-chart";
}

/** Whether the end of a resource is the end of data. Decided here from its kind, whatever its options say. */
export function isDataBearing({ type, name, inputs }: Thing): boolean {
  if (type === "kubernetes:helm.sh/v3:Release") return stores.has(name) || bringsDefinitions(name);
  if (type === "kubernetes:core/v1:Namespace") return namespaces.has(String(Object(inputs.metadata).name));
  if (type.endsWith(":LocalFolder")) return true;
  if (type.endsWith(":SecretValues")) return keys.test(name);
  return kinds.has(type.replace(/^kubernetes:/, ""));
}
