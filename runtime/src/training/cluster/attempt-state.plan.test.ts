import { clusterJobKinds } from "@bedplate/contract";
import { expect, test } from "vitest";
import { leadingPod, readAttempt, refusalOf } from "./attempt-state.plan.ts";

const pod = (status: object, labels: Record<string, string> = {}, name = "pod") => ({
  metadata: { name, labels },
  status,
});
const unschedulable = pod({
  phase: "Pending",
  conditions: [
    {
      type: "PodScheduled",
      status: "False",
      reason: "Unschedulable",
      message: "0/4 nodes are available: 4 Insufficient nvidia.com/gpu",
    },
  ],
});
const withCondition = (type: string, reason = "", message = "") => ({
  status: { conditions: [{ type, status: "True", reason, message }] },
});

test.each(["Job", "TrainJob"] as const)("a %s ends as its conditions say", (kind) => {
  expect(readAttempt(kind, withCondition("Complete"), [], undefined)).toEqual({ kind: "succeeded" });
  expect(readAttempt(kind, withCondition("Failed", "DeadlineExceeded"), [], undefined)).toEqual({
    kind: "timed_out",
  });
  const ended = pod({ phase: "Failed", containerStatuses: [{ state: { terminated: { exitCode: 3 } } }] });
  expect(
    readAttempt(kind, withCondition("Failed", "BackoffLimitExceeded", "too often"), [ended], undefined),
  ).toEqual({
    kind: "failed",
    exitCode: 3,
    reason: "too often.",
  });
});

test("a RayJob ends as its status says", () => {
  const ray = (status: object) => readAttempt("RayJob", { status }, [], undefined).kind;
  expect(ray({ jobStatus: "SUCCEEDED", jobDeploymentStatus: "Complete" })).toBe("succeeded");
  expect(ray({ jobStatus: "FAILED", jobDeploymentStatus: "Complete" })).toBe("failed");
  expect(ray({ jobDeploymentStatus: "Failed", reason: "DeadlineExceeded" })).toBe("timed_out");
  expect(ray({ jobDeploymentStatus: "Running", jobStatus: "RUNNING" })).toBe("active");
});

test.each(clusterJobKinds)(
  "a %s without a status is under way and waits for nothing that is known",
  (kind) => {
    expect(readAttempt(kind, {}, [], undefined)).toEqual({ kind: "active", waiting: null });
  },
);

test("what an attempt waits for is said: its queue, a node, an image", () => {
  const waiting = (object: object, pods: object[], queue?: string) => readAttempt("Job", object, pods, queue);
  expect(waiting({ spec: { suspend: true } }, [], "team-a")).toEqual({
    kind: "active",
    waiting: "It waits in the queue team-a to be admitted.",
  });
  expect(waiting({}, [unschedulable])).toEqual({
    kind: "active",
    waiting: "It waits for a node: 0/4 nodes are available: 4 Insufficient nvidia.com/gpu.",
  });
  const image = pod({
    phase: "Pending",
    containerStatuses: [{ state: { waiting: { reason: "ImagePullBackOff", message: "no such image" } } }],
  });
  expect(waiting({}, [image])).toEqual({
    kind: "active",
    waiting: "Its pod pod does not start: ImagePullBackOff: no such image.",
  });
  expect(waiting({}, [pod({ phase: "Running" })])).toEqual({ kind: "active", waiting: null });
});

test("why pods are refused is the newest word about the attempt's own object", () => {
  const event = (name: string, message: string, lastTimestamp: string, reason = "FailedCreate") => ({
    involvedObject: { name },
    reason,
    message,
    lastTimestamp,
  });
  const events = [
    event("job-1", "exceeded quota: old", "2026-01-01T00:00:01Z"),
    event("job-1-node-0", "exceeded quota: new", "2026-01-01T00:00:02Z"),
    event("job-10", "of another", "2026-01-01T00:00:03Z"),
    event("job-1", "no room", "2026-01-01T00:00:04Z", "FailedScheduling"),
  ];
  expect(refusalOf("job-1", events)).toBe("The cluster refuses its pods: exceeded quota: new.");
  expect(refusalOf("job-2", events)).toBeNull();
});

test("the log is that of the first of pods that work together, and of a Ray cluster's head", () => {
  const index = (n: number) => pod({}, { "batch.kubernetes.io/job-completion-index": String(n) }, `pod-${n}`);
  expect(leadingPod([index(2), index(0), index(10)])).toBe("pod-0");
  expect(leadingPod([pod({}, {}, "a"), pod({}, { "ray.io/node-type": "head" }, "z")])).toBe("z");
  expect(leadingPod([])).toBeNull();
});
