import type { ClusterJobKind } from "@bedplate/contract";
import { z } from "zod";

/** Where an attempt stands, as its object and its pods tell. */
export type AttemptState =
  | { readonly kind: "succeeded" }
  | { readonly kind: "failed"; readonly exitCode: number | null; readonly reason: string }
  | { readonly kind: "timed_out" }
  /** Under way. `waiting`: what it waits for, a sentence; null when it waits for nothing. */
  | { readonly kind: "active"; readonly waiting: string | null };

const condition = z.object({
  type: z.string(),
  status: z.string(),
  reason: z.string().default(""),
  message: z.string().default(""),
});
const conditions = z.array(condition).default([]);
type Condition = z.infer<typeof condition>;

const workload = z.object({
  spec: z.object({ suspend: z.boolean().default(false) }).prefault({}),
  status: z
    .object({
      conditions,
      /** Of a RayJob. */
      jobDeploymentStatus: z.string().default(""),
      jobStatus: z.string().default(""),
      reason: z.string().default(""),
      message: z.string().default(""),
    })
    .prefault({}),
});
type Workload = z.infer<typeof workload>;

const container = z.object({
  state: z
    .object({
      waiting: z.object({ reason: z.string().default(""), message: z.string().default("") }).optional(),
      terminated: z.object({ exitCode: z.int() }).optional(),
    })
    .prefault({}),
});
const pod = z.object({
  metadata: z.object({ name: z.string(), labels: z.record(z.string(), z.string()).default({}) }),
  status: z
    .object({
      phase: z.string().default("Pending"),
      conditions,
      containerStatuses: z.array(container).default([]),
      initContainerStatuses: z.array(container).default([]),
    })
    .prefault({}),
});
type Pod = z.infer<typeof pod>;

const isTrue = (all: readonly Condition[], type: string) =>
  all.find((each) => each.type === type && each.status === "True");

const sentence = (text: string) => (/[.!?]$/.test(text) ? text : `${text}.`);

/** Why a pod does not run yet; null when it does. */
function waitOf({ metadata, status }: Pod): string | null {
  if (status.phase !== "Pending") return null;
  const unscheduled = status.conditions.find(
    ({ type, status: is }) => type === "PodScheduled" && is === "False",
  );
  if (unscheduled !== undefined) return `It waits for a node: ${sentence(unscheduled.message)}`;
  const waiting = [...status.initContainerStatuses, ...status.containerStatuses].find(
    ({ state }) => state.waiting !== undefined && state.waiting.reason !== "PodInitializing",
  )?.state.waiting;
  if (waiting === undefined || waiting.reason === "ContainerCreating") return null;
  const why = waiting.message === "" ? waiting.reason : `${waiting.reason}: ${waiting.message}`;
  return `Its pod ${metadata.name} does not start: ${sentence(why)}`;
}

function active({ spec }: Workload, pods: readonly Pod[], queue: string | undefined): AttemptState {
  if (spec.suspend) {
    const where = queue === undefined ? "" : ` in the queue ${queue}`;
    return { kind: "active", waiting: `It waits${where} to be admitted.` };
  }
  for (const each of pods) {
    const waiting = waitOf(each);
    if (waiting !== null) return { kind: "active", waiting };
  }
  return { kind: "active", waiting: null };
}

/** The first exit code that is not zero. */
function exitCodeOf(pods: readonly Pod[]): number | null {
  const codes = pods.flatMap(({ status }) =>
    status.containerStatuses.map(({ state }) => state.terminated?.exitCode ?? 0),
  );
  return codes.find((code) => code !== 0) ?? null;
}

function failed(reason: string, message: string, pods: readonly Pod[]): AttemptState {
  if (reason === "DeadlineExceeded") return { kind: "timed_out" };
  return {
    kind: "failed",
    exitCode: exitCodeOf(pods),
    reason: sentence(message === "" ? reason || "it failed" : message),
  };
}

function fromConditions(work: Workload, pods: readonly Pod[], queue: string | undefined): AttemptState {
  const { conditions: all } = work.status;
  if (isTrue(all, "Complete")) return { kind: "succeeded" };
  const failure = isTrue(all, "Failed");
  return failure === undefined ? active(work, pods, queue) : failed(failure.reason, failure.message, pods);
}

/** KubeRay's `status` (ray.io/v1 RayJob): how the job ended, and how the cluster made for it did. */
function fromRay(work: Workload, pods: readonly Pod[], queue: string | undefined): AttemptState {
  const { jobDeploymentStatus: deployment, jobStatus, reason, message } = work.status;
  if (jobStatus === "SUCCEEDED") return { kind: "succeeded" };
  if (jobStatus === "FAILED" || jobStatus === "STOPPED" || deployment === "Failed") {
    return failed(reason, message, pods);
  }
  return active(work, pods, queue);
}

/** Reads an attempt's object and pods. Throws a `ZodError` for what is none. */
export function readAttempt(
  kind: ClusterJobKind,
  object: unknown,
  podObjects: readonly unknown[],
  queue: string | undefined,
): AttemptState {
  const work = workload.parse(object);
  const pods = podObjects.map((each) => pod.parse(each));
  return kind === "RayJob" ? fromRay(work, pods, queue) : fromConditions(work, pods, queue);
}

const refusedPod = z.object({
  involvedObject: z.object({ name: z.string().default("") }).prefault({}),
  reason: z.string().default(""),
  message: z.string().default(""),
  lastTimestamp: z.string().nullish(),
  eventTime: z.string().nullish(),
});

/** Events of this type say what went wrong (core/v1 Event). */
export const warnings = "type=Warning";
/** The Job controller's word for it, and KubeRay's `FailedToCreateHeadPod` and the like. */
const refusals = /^FailedCreate$|^FailedToCreate/;

/**
 * Why the cluster does not take the pods of an attempt: the newest word about its object, or about what an operator made
 * of it, whose name begins with the object's. Null where there is none.
 */
export function refusalOf(name: string, events: readonly unknown[]): string | null {
  const [newest] = events
    .map((each) => refusedPod.parse(each))
    .filter(
      ({ reason, involvedObject }) =>
        refusals.test(reason) && `${involvedObject.name}-`.startsWith(`${name}-`),
    )
    .map(({ message, lastTimestamp, eventTime }) => ({ message, at: lastTimestamp ?? eventTime ?? "" }))
    .sort((a, b) => b.at.localeCompare(a.at));
  return newest === undefined ? null : `The cluster refuses its pods: ${sentence(newest.message)}`;
}

const indexLabel = "batch.kubernetes.io/job-completion-index";

/** The pod whose log is the attempt's: the first of those that work together, the head of a Ray cluster. */
export function leadingPod(podObjects: readonly unknown[]): string | null {
  const pods = podObjects.map((each) => pod.parse(each));
  const rank = ({ metadata: { labels } }: Pod) => {
    if (labels["ray.io/node-type"] === "head") return -1;
    return Number(labels[indexLabel] ?? 0);
  };
  const [first] = pods.sort((a, b) => rank(a) - rank(b) || a.metadata.name.localeCompare(b.metadata.name));
  return first?.metadata.name ?? null;
}
