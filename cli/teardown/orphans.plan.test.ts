import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type ClusterObject, deploymentLabel, findSurvivors, objectName } from "./orphans.plan.ts";

const object = (
  kind: string,
  metadata: Partial<ClusterObject["metadata"]>,
  more: Partial<ClusterObject> = {},
) => ({ apiVersion: "v1", kind, ...more, metadata: { name: "it", ...metadata } }) satisfies ClusterObject;
const deployment = { id: "prod", namespaces: new Set(["data"]), keeps: new Set<string>() };
const ours = { [deploymentLabel]: "prod" };
const named = (objects: ClusterObject[], given = deployment) =>
  findSurvivors(objects, given).map((one) => one.object);

describe("an audit for orphans", () => {
  test("finds what carries the label, what is in our namespaces, and volumes of their claims", () => {
    const volume = object("PersistentVolume", {}, { spec: { claimRef: { namespace: "data", name: "c" } } });
    expect(
      named([
        object("ClusterRole", { labels: ours }, { apiVersion: "rbac.authorization.k8s.io/v1" }),
        object("ConfigMap", { namespace: "data" }),
        object("Namespace", { name: "data" }),
        volume,
      ]),
    ).toEqual([
      "ClusterRole.rbac.authorization.k8s.io it",
      "ConfigMap data/it",
      "Namespace data",
      "PersistentVolume it",
    ]);
  });

  test("leaves alone what is of others", () => {
    expect(
      named([
        object("ConfigMap", { namespace: "other", labels: { [deploymentLabel]: "dev" } }),
        object("Namespace", { name: "other" }),
        object("PersistentVolume", {}, { spec: { claimRef: { namespace: "other" } } }),
      ]),
    ).toEqual([]);
  });

  test("does not count what is kept by policy, its namespace and its volumes", () => {
    const cluster = object(
      "Cluster",
      { namespace: "data", name: "db" },
      { apiVersion: "postgresql.cnpg.io/v1" },
    );
    const given = { ...deployment, keeps: new Set([objectName(cluster)]) };
    const spec = { claimRef: { namespace: "data" }, persistentVolumeReclaimPolicy: "Retain" };
    const objects = [
      cluster,
      object("Namespace", { name: "data" }),
      object("PersistentVolume", {}, { spec }),
    ];
    expect(named(objects, given)).toEqual([]);
    expect(named([...objects, object("ConfigMap", { namespace: "data" })], given)).toEqual([
      "ConfigMap data/it",
    ]);
  });

  test("counts in a kept namespace only what carries the label: the rest is of a chart that is kept there", () => {
    const given = { ...deployment, keeps: new Set([objectName(object("Namespace", { name: "data" }))]) };
    const claim = object("PersistentVolume", {}, { spec: { claimRef: { namespace: "data" } } });
    const objects = [object("Namespace", { name: "data" }), object("Service", { namespace: "data" }), claim];
    expect(named(objects, given)).toEqual([]);
    const labelled = object("Service", { namespace: "data", name: "ours", labels: ours });
    expect(named([...objects, labelled], given)).toEqual(["Service data/ours"]);
  });

  test("names the finalizers that hold something back", () => {
    const stuck = object("KafkaTopic", {
      namespace: "data",
      deletionTimestamp: "2026-01-01T00:00:00Z",
      finalizers: ["strimzi.io/topic-operator"],
    });
    expect(findSurvivors([stuck], deployment)[0]?.why).toContain("strimzi.io/topic-operator");
  });

  test("counts an owner and not what goes with it", () => {
    expect(
      named([
        object("Job", { namespace: "data", name: "owner" }),
        object("Pod", { namespace: "data", ownerReferences: [{}] }),
      ]),
    ).toEqual(["Job data/owner"]);
  });

  test("a deployment that left nothing has no survivors, whatever else is there", () => {
    fc.assert(
      fc.property(fc.array(fc.record({ kind: fc.string(), namespace: fc.string() })), (others) => {
        const objects = others
          .filter(({ namespace }) => namespace !== "data")
          .map(({ kind, namespace }) => object(`X${kind}`, { namespace }));
        expect(named(objects)).toEqual([]);
      }),
    );
  });
});
