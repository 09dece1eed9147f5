import { describe, expect, test } from "vitest";
import { isDataBearing } from "../test/support/data-bearing.ts";
import { platformValues } from "../test/support/platform-values.ts";
import { type RecordedResource, recordProgram } from "../test/support/recorded-program.ts";

/** Everything that can hold data at once, as far as it goes together. */
const storing = {
  "bedplate:addons": {
    "cert-manager": {},
    "envoy-gateway": {},
    "cloudnative-pg": {},
    elastic: {},
    jupyterhub: {},
    "kube-prometheus-stack": {},
    lakefs: {},
    airflow: {},
    rabbitmq: {},
    runtime: {},
    seaweedfs: {},
    strimzi: {},
    tempo: {},
    valkey: {},
    velero: {},
  },
};

const isKept = ({ protect, retainOnDelete }: RecordedResource) => protect && retainOnDelete;
const shown = ({ type, name }: RecordedResource) => `${type} ${name}`;
const kindOf = ({ type }: RecordedResource) => type.split(":").slice(1).join(":");

const kindsThatHoldData = [
  "core/v1:Namespace",
  "dynamic/bedplate:SecretValues",
  "elasticsearch.k8s.elastic.co/v1:Elasticsearch",
  "helm.sh/v3:Release",
  "kafka.strimzi.io/v1:Kafka",
  "kafka.strimzi.io/v1:KafkaNodePool",
  "kafka.strimzi.io/v1:KafkaTopic",
  "postgresql.cnpg.io/v1:Cluster",
  "postgresql.cnpg.io/v1:Database",
  "rabbitmq.com/v1beta1:RabbitmqCluster",
];

describe("what holds data in production", () => {
  test("is protected and stays when the stack goes, every kind of it", async () => {
    const { resources } = await recordProgram("test", platformValues("prod-kubernetes", storing));
    const holding = resources.filter(isDataBearing);
    expect([...new Set(holding.map(kindOf))].sort()).toEqual(kindsThatHoldData);
    expect(holding.filter((each) => !isKept(each)).map(shown)).toEqual([]);
  });

  test("stays with its namespaces, and with the Secrets in them", async () => {
    const { resources } = await recordProgram("test", platformValues("prod-kubernetes", storing));
    const namespaces = new Set(
      resources
        .filter((each) => each.type === "kubernetes:core/v1:Namespace" && isKept(each))
        .map(({ inputs }) => Object(inputs.metadata).name),
    );
    const needed = resources.filter(({ type, inputs }) => {
      const place = Object(inputs.metadata).namespace ?? inputs.namespace;
      return type === "kubernetes:core/v1:Secret" && namespaces.has(place);
    });
    expect(needed.length).toBeGreaterThan(5);
    expect(needed.filter((each) => !isKept(each)).map(shown)).toEqual([]);
    const kept = resources
      .filter(isKept)
      .flatMap(({ inputs }) => Object(inputs.metadata).namespace ?? inputs.namespace ?? []);
    expect(kept.filter((namespace) => !namespaces.has(namespace))).toEqual([]);
  });

  test("is not in the way of a small platform", async () => {
    const { resources } = await recordProgram("test", platformValues("dev-kubernetes"));
    expect(resources.filter(({ protect, retainOnDelete }) => protect || retainOnDelete).map(shown)).toEqual(
      [],
    );
  });
});
