import { execFileSync } from "node:child_process";
import { type ClusterJob, clusterJob, clusterJobKinds, trainingConnection } from "@bedplate/contract";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type AttemptFacts,
  attemptName,
  clusterProblems,
  type Placement,
  planSecret,
  planVariables,
  planWorkload,
} from "./workload.plan.ts";

const connection = trainingConnection.parse({
  kind: "kubernetes",
  namespace: "training",
  deployment: "prod",
  serviceUrl: "http://bedplate.training:4680",
  image: "registry.example/train@sha256:0",
});
if (connection.kind !== "kubernetes") throw new Error("not a cluster");
const placement: Placement = { connection, killGraceMs: 5_000, retentionMs: 60_000 };
const queued: Placement = { ...placement, connection: { ...connection, queue: "team-a" } };

const facts = (cluster: Partial<ClusterJob> = {}, more: Partial<AttemptFacts> = {}): AttemptFacts => ({
  id: "6f0c1c0e-7d57-4c8e-9b70-1c6f3f1d2c3b",
  name: "train",
  team: "default",
  attempt: 1,
  command: ["python", "train.py"],
  workingDirectory: ".",
  environment: { LEARNING_RATE: "0.1" },
  timeoutMs: 90_500,
  cluster: clusterJob.parse(cluster),
  ...more,
});

describe("the object that runs an attempt", () => {
  test.each(clusterJobKinds)(
    "a %s says whose it is, ends in time and holds no value of the caller's",
    (kind) => {
      const environment = { SECRET_OF_MINE: "hush-hush" };
      const plan = planWorkload(facts({ kind }, { environment }), placement, Object.keys(environment));
      expect(plan).toMatchObject({
        kind,
        metadata: {
          namespace: "training",
          labels: {
            "bedplate.dev/deployment": "prod",
            "bedplate.dev/attempt": "1",
            "bedplate.dev/team": "default",
          },
        },
        spec: { suspend: false, activeDeadlineSeconds: 91 },
      });
      expect(JSON.stringify(plan)).not.toContain("hush-hush");
    },
  );

  test.each(clusterJobKinds)("a %s waits for its queue where there is one", (kind) => {
    const plan = planWorkload(facts({ kind }), queued, []);
    expect(plan.metadata.labels).toMatchObject({ "kueue.x-k8s.io/queue-name": "team-a" });
    expect(plan.spec.suspend).toBe(true);
  });

  test.each(clusterJobKinds)(
    "a %s that asks for GPUs tolerates where they are, one that asks for none does not",
    (kind) => {
      expect(JSON.stringify(planWorkload(facts({ kind, gpus: 2 }), placement, []))).toMatch(
        /"nvidia.com\/gpu":"2".*"operator":"Exists"|"operator":"Exists".*"nvidia.com\/gpu":"2"/,
      );
      expect(JSON.stringify(planWorkload(facts({ kind }), placement, []))).not.toContain("nvidia.com/gpu");
    },
  );

  test("names stay within what KubeRay allows, 47 characters, and are an attempt's own", () => {
    fc.assert(
      fc.property(fc.uuid(), fc.integer({ min: 1, max: 100 }), (id, attempt) => {
        expect(attemptName({ id, attempt })).toMatch(/^[a-z0-9-]{1,47}$/);
        expect(attemptName({ id, attempt })).not.toBe(attemptName({ id, attempt: attempt + 1 }));
      }),
    );
  });

  test("a RayJob's entry point gives a shell the words of the command, whatever they hold", () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: "grapheme-ascii" }), { minLength: 1, maxLength: 4 }),
        (words) => {
          const { spec } = planWorkload(facts({ kind: "RayJob" }, { command: words }), placement, []);
          const entrypoint = "entrypoint" in spec ? spec.entrypoint : "";
          const said = execFileSync("/bin/sh", ["-c", `printf '%s\\n' ${entrypoint}`], { encoding: "utf8" });
          expect(said).toBe(words.map((word) => `${word}\n`).join(""));
        },
      ),
      { numRuns: 20 },
    );
  });
});

test("a Secret has the whole environment and goes with the object that owns it", () => {
  const values = planVariables(facts(), connection.serviceUrl, "the-token");
  const owner = { apiVersion: "batch/v1", kind: "Job", uid: "u" };
  expect(planSecret(facts(), placement, owner, values)).toMatchObject({
    metadata: { ownerReferences: [{ ...owner, name: attemptName(facts()) }] },
    stringData: { LEARNING_RATE: "0.1", MLFLOW_TRACKING_TOKEN: "the-token", BEDPLATE_ATTEMPT: "1" },
  });
});

test("a job without an image, or in a relative folder, is refused with both reasons", () => {
  const { image: _image, ...without } = connection;
  expect(clusterProblems({ workingDirectory: "src" }, without)).toEqual([
    expect.stringContaining("cluster.image"),
    expect.stringContaining('"src" is relative'),
  ]);
  expect(clusterProblems({ workingDirectory: "/src" }, connection)).toEqual([]);
});
