import type { RunningJob } from "../../store/training-rows.ts";
import type { AttemptRunner, BackendParts } from "../backend.ts";
import type { AttemptOutcome } from "../outcome.ts";
import { type AttemptState, readAttempt, refusalOf, warnings } from "./attempt-state.plan.ts";
import { type ClusterObject, ClusterRefusal, type KubernetesApi } from "./kubernetes-api.ts";
import {
  attemptName,
  kindOf,
  labels,
  type Placement,
  planSecret,
  planVariables,
  planWorkload,
  podsOf,
  resourceOf,
} from "./workload.plan.ts";

interface RunnerParts extends BackendParts {
  readonly api: KubernetesApi;
  readonly placement: Placement;
  readonly runner: string;
  readonly wake: () => void;
}

/** An attempt under way. */
interface Attempt {
  readonly job: RunningJob;
  /** Whether its object is in the cluster: then one that is missing was deleted by somebody. */
  made: boolean;
  ended: boolean;
}

/** What the cluster has of this installation: objects and pods by job. */
interface Sight {
  readonly objects: ReadonlyMap<string, ClusterObject>;
  readonly pods: ReadonlyMap<string, readonly ClusterObject[]>;
  /** Asked for once a look, and only where pods are missing. */
  readonly events: () => Promise<readonly ClusterObject[]>;
}

/** Of what the API server refuses, what it will refuse again: the object itself is wrong, or too large. */
const final = new Set([400, 404, 405, 413, 422]);

const labelOf = (object: ClusterObject, label: string) =>
  (object.metadata as { readonly labels?: Readonly<Record<string, string>> }).labels?.[label] ?? "";
const nameOf = (object: ClusterObject) => (object.metadata as { readonly name: string }).name;
const uidOf = (object: ClusterObject) => (object.metadata as { readonly uid: string }).uid;

/**
 * Attempts as objects of a cluster. Each look compares what the queue has with what the cluster has, and moves one
 * towards the other; nothing depends on having seen a change happen, so a restart of the API server or of this service
 * needs no more than the next look.
 */
export function createClusterRunner(parts: RunnerParts): AttemptRunner {
  const { api, store, identities, placement, log, runner, wake } = parts;
  const { connection } = placement;
  /** By the name that they have in the cluster. */
  const attempts = new Map<string, Attempt>();

  function track(job: RunningJob): void {
    const name = attemptName(job);
    if (!attempts.has(name)) attempts.set(name, { job, made: false, ended: false });
  }

  /** Other replicas take jobs under the same name, and one that has gone does not settle its own. */
  async function takeUp(): Promise<void> {
    const running = await store.running(runner);
    const names = new Set(running.map(attemptName));
    for (const name of attempts.keys()) if (!names.has(name)) attempts.delete(name);
    running.forEach(track);
  }

  async function settle({ job }: Attempt, outcome: AttemptOutcome): Promise<void> {
    await store.settle(job, runner, outcome);
    await identities.revokeJobTokens(job.id);
    attempts.delete(attemptName(job));
    wake();
  }

  async function begin(attempt: Attempt): Promise<void> {
    try {
      await makeAttempt(parts, attempt.job);
      attempt.made = true;
    } catch (error) {
      if (!(error instanceof ClusterRefusal)) throw error;
      const reason = `The cluster refuses it: ${error.message}`;
      if (!final.has(error.status)) return await store.note(attempt.job, runner, reason);
      await api.remove(resourceOf[kindOf(attempt.job)], attemptName(attempt.job));
      await settle(attempt, { kind: "not_started", reason });
    }
  }

  /** Why pods of an attempt that waits for nothing else are missing; null where all are there. */
  async function missing({ job }: Attempt, { pods, events }: Sight): Promise<string | null> {
    const name = attemptName(job);
    const there = pods.get(name)?.length ?? 0;
    return there < podsOf(job) ? refusalOf(name, await events()) : null;
  }

  async function lookAt(attempt: Attempt, sight: Sight): Promise<void> {
    const { objects, pods } = sight;
    const { job } = attempt;
    const name = attemptName(job);
    const object = objects.get(name);
    if (object === undefined) {
      if (attempt.ended) return await settle(attempt, { kind: "stopped" });
      return attempt.made ? await settle(attempt, { kind: "lost" }) : await begin(attempt);
    }
    // A service before this one may have died between the object and its Secret.
    if (!attempt.made) await begin(attempt);
    const state = readAttempt(kindOf(job), object, pods.get(name) ?? [], connection.queue);
    if (state.kind === "active")
      await store.note(job, runner, state.waiting ?? (await missing(attempt, sight)));
    else await settle(attempt, outcomeOf(state));
  }

  return {
    count: () => attempts.size,
    ids: () => [...attempts.values()].map(({ job }) => job.id),
    async adopt(job) {
      track(job);
    },
    begin(job) {
      track(job);
      wake();
    },
    async look() {
      await takeUp();
      if (attempts.size === 0) return;
      const sight = await seeCluster(
        parts,
        [...attempts.values()].map(({ job }) => job),
      );
      for (const attempt of [...attempts.values()]) {
        await lookAt(attempt, sight).catch((error: unknown) =>
          log.error({ error, jobId: attempt.job.id }, "a training job could not be looked at"),
        );
      }
    },
    async end(ids) {
      for (const attempt of attempts.values()) {
        if (attempt.ended || !ids.includes(attempt.job.id)) continue;
        await api.remove(resourceOf[kindOf(attempt.job)], attemptName(attempt.job));
        attempt.ended = true;
      }
    },
    /** What runs in the cluster goes on; the next service finds it there. */
    async close() {
      attempts.clear();
    },
  };
}

/** Asks for the kinds of object that attempts under way have, and no others: their CRDs may be absent. */
async function seeCluster({ api, placement }: RunnerParts, jobs: readonly RunningJob[]): Promise<Sight> {
  const ours = `${labels.deployment}=${placement.connection.deployment},${labels.job}`;
  const kinds = new Set(jobs.map((job) => resourceOf[kindOf(job)]));
  const objects = (
    await Promise.all([...kinds].map((kind) => api.list(kind, { labelSelector: ours })))
  ).flat();
  const pods = Map.groupBy(await api.list("pods", { labelSelector: ours }), (pod) =>
    attemptName({ id: labelOf(pod, labels.job), attempt: Number(labelOf(pod, labels.attempt)) }),
  );
  let told: Promise<readonly ClusterObject[]> | undefined;
  const events = () => {
    told ??= api.list("events", { fieldSelector: warnings });
    return told;
  };
  return { objects: new Map(objects.map((object) => [nameOf(object), object])), pods, events };
}

/** Makes the object first and then the Secret that it owns: its pods wait for that. */
async function makeAttempt(parts: RunnerParts, job: RunningJob): Promise<void> {
  const { api, identities, placement, settings, clock } = parts;
  const expiresAt = clock() + settings.cluster.waitMs + job.timeoutMs;
  const token = await identities.issueJobToken(job.id, expiresAt);
  const values = planVariables(job, placement.connection.serviceUrl, token);
  const workload = planWorkload(job, placement, Object.keys(values));
  const object = await api.ensure(resourceOf[kindOf(job)], workload);
  const owner = { apiVersion: workload.apiVersion, kind: workload.kind, uid: uidOf(object) };
  await api.create("secrets", planSecret(job, placement, owner, values));
}

function outcomeOf(state: Exclude<AttemptState, { kind: "active" }>): AttemptOutcome {
  switch (state.kind) {
    case "succeeded":
      return { kind: "exited", code: 0 };
    case "timed_out":
      return { kind: "timed_out" };
    case "failed":
      return state.exitCode === null
        ? { kind: "not_started", reason: state.reason }
        : { kind: "exited", code: state.exitCode };
  }
}
