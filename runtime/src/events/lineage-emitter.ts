import type { PlatformEvent, TrainingJob } from "@bedplate/contract";
import { type RunChange, type RunDataset, stableUuid, wordRunEvent } from "../domain/lineage-event.ts";
import { datasetName, modelNamespace, uuidOf } from "../domain/lineage-node.ts";
import { Problem } from "../domain/problem.ts";
import type { LineageStore, OwnEvent, OwnThing } from "../store/lineage-store.ts";

interface RunFacts {
  readonly run_id: string;
  readonly experiment_id: number;
  readonly start_time: number;
  readonly inputs: readonly {
    readonly dataset: { readonly name: string; readonly source: string; readonly digest: string };
  }[];
}
interface VersionFacts {
  readonly name: string;
  readonly version: number;
  readonly run_id: string;
  readonly artifact_path: string;
  readonly source_path: string;
  readonly creation_time: number;
}

interface EmitterParts {
  readonly lineage: Pick<LineageStore, "emit">;
  readonly stack: string;
  readonly release: string;
  readonly job: (id: string) => Promise<TrainingJob>;
  readonly run: (id: string) => Promise<RunFacts>;
  readonly version: (model: string, version: number) => Promise<VersionFacts>;
  /** The versions that were made from a run. */
  readonly versionsOf: (
    runId: string,
  ) => Promise<readonly { readonly name: string; readonly version: number }[]>;
}

const jobEnds = { succeeded: "COMPLETE", failed: "FAIL", timed_out: "FAIL", cancelled: "ABORT" } as const;
const runEnds = { FINISHED: "COMPLETE", FAILED: "FAIL", KILLED: "ABORT" } as const;

function endOf<T extends string>(ends: Readonly<Record<string, T>>, state: string): T | null {
  return Object.hasOwn(ends, state) ? (ends[state] ?? null) : null;
}

type OwnChange = RunChange & { readonly known?: boolean };

/**
 * Tells OpenLineage of training jobs, runs and registered versions, from the platform's own events. An event that comes
 * twice is kept once, and every end has a START before it.
 */
export function createLineageEmitter(parts: EmitterParts): (event: PlatformEvent) => Promise<void> {
  const producer = `urn:bedplate:runtime:${parts.release}`;
  const word = ({ known = false, ...change }: OwnChange): OwnEvent => ({
    key: `${change.runId}:${change.type === "START" ? "START" : "END"}`,
    event: wordRunEvent(change, producer),
    known,
  });
  return async (event) => {
    const changes = await changesOf(parts, event).catch(ignoreMissing);
    if (changes !== undefined && changes.length > 0) {
      await parts.lineage.emit(changes.map(word), thingOf(event));
    }
  };
}

/** What adds to the graph is about a job or a run; versions are in the registry's own tables. */
function thingOf({ type, subject: id }: PlatformEvent): OwnThing {
  return { kind: type === "dev.bedplate.training.changed" ? "job" : "run", id };
}

async function changesOf(parts: EmitterParts, event: PlatformEvent): Promise<readonly OwnChange[]> {
  if (is(event, "dev.bedplate.training.changed")) return await ofJob(parts, event.data.jobId, event.time);
  if (is(event, "dev.bedplate.run.created")) return await ofRun(parts, event.data.runId, event);
  if (is(event, "dev.bedplate.run.finished")) {
    return await ofRun(parts, event.data.runId, event, event.data.status);
  }
  if (is(event, "dev.bedplate.model-version.created")) {
    return await ofVersion(parts, event.data.model, event.data.version);
  }
  return [];
}

const namespaceOf = (parts: EmitterParts) => `bedplate://${parts.stack}`;

async function ofJob(parts: EmitterParts, id: string, time: number): Promise<readonly OwnChange[]> {
  const job = await parts.job(id);
  const name = { namespace: namespaceOf(parts), name: `training/${job.name}`, type: "TRAINING" };
  const start = { runId: id, job: name, type: "START", time: job.startedAt ?? job.createdAt } as const;
  const type = endOf(jobEnds, job.state);
  if (type !== null) return [start, { runId: id, job: name, type, time: job.endedAt ?? time }];
  return job.state === "running" ? [start] : [];
}

async function ofRun(
  parts: EmitterParts,
  id: string,
  event: PlatformEvent,
  status?: string,
): Promise<readonly OwnChange[]> {
  const run = await parts.run(id);
  const maker = /^job:(.+)$/.exec(event.actor)?.[1];
  const change = {
    runId: uuidOf(id),
    job: { namespace: namespaceOf(parts), name: `experiment/${run.experiment_id}`, type: "RUN" },
    inputs: run.inputs.map(({ dataset }) => ({ ...datasetName(dataset), digest: dataset.digest })),
    ...(maker === undefined ? {} : { parent: await parentOf(parts, maker) }),
  };
  const start = { ...change, type: "START", time: run.start_time } as const;
  const type = endOf(runEnds, status ?? "");
  if (type === null) return [start];
  const outputs = (await parts.versionsOf(id)).map(versionDataset);
  return [start, { ...change, outputs, type, time: event.time }];
}

async function parentOf(parts: EmitterParts, jobId: string) {
  const job = await parts.job(jobId);
  return { runId: jobId, namespace: namespaceOf(parts), name: `training/${job.name}` };
}

async function ofVersion(parts: EmitterParts, model: string, number: number): Promise<readonly OwnChange[]> {
  const version = await parts.version(model, number);
  const namespace = namespaceOf(parts);
  const { creation_time: time, run_id: runId } = version;
  const maker = runId === "" ? undefined : await parts.run(runId).catch(ignoreMissing);
  const change = {
    runId: stableUuid(JSON.stringify([parts.stack, model, number, time])),
    job: { namespace, name: `register/${model}`, type: "REGISTRATION" },
    time,
    inputs: [{ namespace: `${namespace}/artifacts`, name: version.source_path || version.artifact_path }],
    outputs: [versionDataset(version)],
    known: true,
    ...(maker === undefined
      ? {}
      : { parent: { runId: uuidOf(runId), namespace, name: `experiment/${maker.experiment_id}` } }),
  };
  return [
    { ...change, type: "START" },
    { ...change, type: "COMPLETE" },
  ];
}

function is<T extends PlatformEvent["type"]>(event: PlatformEvent, type: T): event is PlatformEvent<T> {
  return event.type === type;
}

const versionDataset = (version: { readonly name: string; readonly version: number }): RunDataset => ({
  namespace: modelNamespace,
  name: `${version.name}/${version.version}`,
});

/** What was deleted meanwhile has no story to tell any more. */
function ignoreMissing(error: unknown): undefined {
  if (error instanceof Problem && error.code === "NOT_FOUND") return undefined;
  throw error;
}
