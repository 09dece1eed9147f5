import { Readable } from "node:stream";
import type { ReferenceKind } from "@bedplate/contract";
import type { Ports } from "../../runtime/src/ports.ts";
import type { ServiceUnderTest } from "../../runtime/testing/service.ts";

/** One thing of each kind, by what requests call it. */
export type Things = Readonly<Record<ReferenceKind, string>>;

/** Makes one thing of each kind in a team; the names hold the canary, so that an answer that tells of one is known. */
export async function makeThings(
  { ports, db }: ServiceUnderTest,
  team: string,
  canary: string,
): Promise<Things> {
  const { tracking, registry, webhooks, artifacts, settings } = ports;
  const experimentName = `${canary}-experiment`;
  const experimentId = await tracking.experiments.create(experimentName, [], "", team);
  const { run_id } = await tracking.runs.create({
    experimentId,
    name: `${canary}-run`,
    userId: canary,
    startTime: 1,
    tags: [],
    actor: canary,
  });
  const { model_id } = await tracking.loggedModels.create({
    experimentId,
    name: `${canary}-logged`,
    modelType: "",
    sourceRunId: run_id,
    params: [],
    tags: [],
  });
  const artifact = `${experimentId}/${run_id}/artifacts/${canary}.txt`;
  await artifacts.put(artifact, Readable.from([canary]), 1_000);
  const model = `${canary}-model`;
  await registry.models.create({ name: model, description: canary, tags: [], actor: canary, team });
  const source = `runs:/${run_id}/${canary}.txt`;
  const version = { name: model, source, runId: run_id, runLink: "", description: "", modelId: "", tags: [] };
  await registry.versions.create({ ...version, actor: canary });
  await registry.setAlias({ model, alias: settings.serving.alias, version: 1, actor: canary, comment: "" });
  const hook = {
    name: canary,
    description: "",
    url: "https://example.com/",
    events: ["registered_model.created" as const],
    secret: "",
    status: "ACTIVE" as const,
  };
  const webhook = await webhooks.store.create(hook, canary, team);
  return {
    model,
    "served-model": model,
    "served-call": `${model}:predict`,
    experiment: String(experimentId),
    "experiment-name": experimentName,
    run: run_id,
    trace: await startTrace(tracking, experimentId, canary),
    "logged-model": model_id,
    source,
    artifact,
    job: await insertJob(db, team, canary),
    webhook: webhook.webhook_id,
    team,
  };
}

async function startTrace(
  tracking: Ports["tracking"],
  experimentId: number,
  canary: string,
): Promise<string> {
  const { trace_id } = await tracking.traces.begin({
    experimentId,
    requestTime: 1,
    tags: { canary },
    metadata: { canary },
  });
  return trace_id;
}

/** Nothing runs here, so the job is only a row. */
async function insertJob(db: ServiceUnderTest["db"], team: string, canary: string): Promise<string> {
  const id = `${canary}-job`;
  await db
    .insertInto("training_jobs")
    .values({
      id,
      team,
      name: canary,
      state: "queued",
      command: "[]",
      working_directory: "",
      environment: "{}",
      timeout_ms: 1,
      attempt: 0,
      max_attempts: 1,
      created_by: canary,
      created_at: 1,
      started_at: null,
      ended_at: null,
      exit_code: null,
      reason: null,
      cancel_requested: false,
      runner: null,
    })
    .execute();
  return id;
}

/** Ids of the same form that nothing has. */
export const absentThings = (things: Things): Things => ({
  ...things,
  model: "absent-model",
  "served-model": "absent-model",
  "served-call": "absent-model:predict",
  experiment: "999999",
  "experiment-name": "absent-experiment",
  run: "f".repeat(32),
  trace: "tr-absent",
  "logged-model": "m-absent",
  source: `runs:/${"f".repeat(32)}/absent.txt`,
  artifact: "999999/absent.txt",
  job: "absent-job",
  webhook: "absent-webhook",
  team: "absent-team",
});
