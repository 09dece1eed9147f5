import { type Cluster, startCluster } from "@bedplate/tools/cluster";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

/** A cluster is there in seconds; on a machine that is busy with other things it takes minutes. */
const setUpWithinMs = 600_000;
let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster();
  console.info(`cluster ready in ${cluster.readyMs} ms (goal: under 15000 on an idle machine)`);
}, setUpWithinMs);
afterAll(() => cluster?.stop());

/** A Job with one pod that asks for GPUs and tolerates where they are. */
const gpuJob = (name: string, gpus: number) => ({
  apiVersion: "batch/v1",
  kind: "Job",
  metadata: { name, namespace: "default" },
  spec: {
    backoffLimit: 0,
    template: {
      spec: {
        restartPolicy: "Never",
        tolerations: [{ key: "nvidia.com/gpu", operator: "Exists", effect: "NoSchedule" }],
        containers: [
          {
            name: "train",
            image: "registry.example/train",
            resources: { limits: { "nvidia.com/gpu": String(gpus) } },
          },
        ],
      },
    },
  },
});

describe("the test cluster", () => {
  test("is the Kubernetes that is pinned, with every node ready", async () => {
    const { serverVersion } = JSON.parse(await cluster.kubectl(["version", "-o", "json"]));
    expect(serverVersion).toMatchObject({ gitVersion: "v1.37.2", major: "1", minor: "37" });
    expect(await cluster.kubectl(["get", "nodes", "-o", "name"])).toBe(
      ["node/cpu-0", "node/cpu-1", "node/gpu-0", "node/gpu-1"].join("\n"),
    );
  });

  test("listens on the loopback address only", async () => {
    expect(cluster.server).toMatch(/^https:\/\/(127\.0\.0\.1|localhost):\d+$/);
  });

  test("runs a Job that asks for 2 GPUs on a node that has 4", async () => {
    await cluster.apply([gpuJob("two", 2)]);
    await cluster.kubectl(["wait", "--for=condition=Complete", "job/two", "--timeout=60s"]);
    const node = await cluster.kubectl([
      "get",
      "pods",
      "-l",
      "batch.kubernetes.io/job-name=two",
      "-o",
      "jsonpath={.items[0].spec.nodeName}",
    ]);
    expect(node).toMatch(/^gpu-/);
  });

  test("leaves a Job that asks for 64 GPUs pending and says why", async () => {
    await cluster.apply([gpuJob("many", 64)]);
    const selector = ["-l", "batch.kubernetes.io/job-name=many"];
    await cluster.kubectl([
      "wait",
      "--for=jsonpath={.status.conditions[0].reason}=Unschedulable",
      "pod",
      ...selector,
      "--timeout=60s",
    ]);
    const [pod] = JSON.parse(await cluster.kubectl(["get", "pods", ...selector, "-o", "json"])).items;
    expect(pod.status.phase).toBe("Pending");
    expect(pod.status.conditions[0].message).toContain("Insufficient nvidia.com/gpu");
  });

  test("is the same after its API server was killed", async () => {
    await cluster.killApiServer();
    await expect(cluster.kubectl(["get", "nodes"])).rejects.toThrow("refused");
    await cluster.startApiServer();
    expect(await cluster.kubectl(["get", "job/two", "-o", "name"])).toBe("job.batch/two");
  });
});
