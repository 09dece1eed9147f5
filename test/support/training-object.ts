import { clusterJob, type trainingConnection } from "@bedplate/contract";
import type { z } from "zod";
import { planWorkload } from "../../runtime/src/training/cluster/workload.plan.ts";

type Connection = Extract<z.output<typeof trainingConnection>, { kind: "kubernetes" }>;

/** Kinds of object that a training job can be in a cluster. */
export const trainingKinds = ["Job", "TrainJob", "RayJob"] as const;

/** What the service makes in a cluster of a training job on two nodes with a GPU each. */
export function trainingObject(kind: (typeof trainingKinds)[number], connection: Connection) {
  const facts = {
    id: "a",
    name: "train",
    team: "default",
    attempt: 1,
    command: ["python", "train.py"],
    workingDirectory: ".",
    environment: {},
    timeoutMs: 1_000,
    cluster: clusterJob.parse({ kind, nodes: 2, gpus: 1 }),
  };
  return planWorkload(facts, { connection, killGraceMs: 1_000, retentionMs: 1_000 }, ["BEDPLATE_TOKEN"]);
}
