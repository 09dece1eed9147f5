import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { listClusterObjects } from "@bedplate/cli/teardown/cluster-objects.ts";
import { findSurvivors } from "@bedplate/cli/teardown/orphans.plan.ts";
import { type Cluster, installCrds, startCluster } from "@bedplate/tools/cluster";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { verifyTeardown } from "../verify/teardown.ts";

const finalizer = "strimzi.io/topic-operator";
const labels = { "bedplate.dev/deployment": "stuck" };
const deployment = { id: "stuck", namespaces: new Set(["events"]), keeps: new Set<string>() };

/** What stands for the topic operator: it lets a topic go when that is deleted. */
const topicOperator = ["kafkatopic-ready.kafka.strimzi.io", "kafkatopic-release.kafka.strimzi.io"];
const namespace = { apiVersion: "v1", kind: "Namespace", metadata: { name: "events", labels } };
const topic = {
  apiVersion: "kafka.strimzi.io/v1",
  kind: "KafkaTopic",
  metadata: { name: "orders", namespace: "events", labels, finalizers: [finalizer] },
  spec: { partitions: 1, replicas: 1 },
};

/** A cluster is there in seconds; on a machine that is busy with other things it takes minutes. */
const setUpWithinMs = 600_000;
let cluster: Cluster;
/** What CRDs could not be had here, and why. */
let missing: readonly string[];
beforeAll(async () => {
  cluster = await startCluster();
  missing = (await installCrds(cluster, ["strimzi-kafka-operator"])).skipped;
}, setUpWithinMs);
afterAll(() => cluster?.stop());

const survivors = async () =>
  findSurvivors(
    await listClusterObjects({ kubeconfig: cluster.kubeconfig, kubectl: cluster.kubectlPath }),
    deployment,
  );

describe("a finalizer on the real API server", () => {
  beforeEach(({ skip }) => skip(missing.length > 0, `no CRDs of ${missing}`));

  test("whose operator is still there lets its resource go, and its namespace after it", async () => {
    await cluster.apply([namespace]);
    await cluster.apply([topic]);
    await cluster.kubectl(["delete", "kafkatopic/orders", "-n", "events", "--timeout=30s"]);
    await cluster.kubectl(["delete", "namespace/events", "--timeout=60s"]);
    expect(await survivors()).toEqual([]);
  });

  test("whose operator is gone holds resource and namespace back, and the audit names it", async () => {
    await cluster.kubectl(["delete", "stages", ...topicOperator]);
    await cluster.apply([namespace]);
    await cluster.apply([topic]);
    await expect(
      cluster.kubectl(["delete", "kafkatopic/orders", "-n", "events", "--timeout=3s"]),
    ).rejects.toThrow("timed out");
    await cluster.kubectl(["delete", "namespace/events", "--wait=false"]);
    // What else is in the namespace goes by and by.
    await expect
      .poll(async () => (await survivors()).map(({ object }) => object), { timeout: 60_000 })
      .toEqual(["KafkaTopic.kafka.strimzi.io events/orders", "Namespace events"]);
    expect((await survivors())[0]?.why).toContain(finalizer);
  });

  test("that is held back goes once somebody removes the finalizer", async () => {
    const patch = JSON.stringify({ metadata: { finalizers: null } });
    await cluster.kubectl(["patch", "kafkatopic/orders", "-n", "events", "--type=merge", "-p", patch]);
    await cluster.kubectl(["wait", "--for=delete", "namespace/events", "--timeout=60s"]);
    expect(await survivors()).toEqual([]);
  });

  test("is no reason for the audit to stop where a kind goes while it asks", async () => {
    const folder = mkdtempSync(join(tmpdir(), "bedplate-kubectl-"));
    const kubectl = join(folder, "kubectl");
    const gone = "kafkatopics.kafka.strimzi.io";
    const real = cluster.kubectlPath;
    const lines = [
      "#!/bin/sh",
      `if [ "$1" = get ]; then ${real} delete crd ${gone} --ignore-not-found >/dev/null; fi`,
      `exec ${real} "$@"`,
    ];
    writeFileSync(kubectl, lines.join("\n"), { mode: 0o755 });
    try {
      const objects = await listClusterObjects({ kubeconfig: cluster.kubeconfig, kubectl });
      expect(objects.map(({ kind }) => kind)).toContain("Namespace");
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

/** A round starts a cluster of its own and runs the engine a dozen times. */
describe("the harness for teardown", { timeout: 600_000 }, () => {
  const options = { seed: 1, full: false, database: "pglite" } as const;

  test("finds nothing left of a stack that is taken down phase by phase", async () => {
    expect(await verifyTeardown({ ...options, fault: false })).toMatchObject({ pass: true, problems: [] });
  });

  test("finds what an operator left behind", async () => {
    const { pass, problems } = await verifyTeardown({ ...options, fault: true });
    expect(pass).toBe(false);
    expect(problems.join()).toContain("left-behind is left: nobody has deleted it.");
  });
});
