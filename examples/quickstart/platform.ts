import { setTimeout as wait } from "node:timers/promises";
import { Failure, type Service } from "./http.ts";

/** What the platform says about a training job (GET /api/bedplate/v1/training/jobs/<id>). */
export interface Job {
  readonly id: string;
  readonly state: "queued" | "running" | "succeeded" | "failed" | "cancelled" | "timed_out";
  readonly reason: string | null;
}

/** What the platform says about a registered model (GET /api/bedplate/v1/models/<name>). */
export interface Model {
  readonly versions: readonly { readonly version: number; readonly runId: string | null }[];
  readonly serving: {
    readonly state: "none" | "loading" | "ready" | "refused";
    readonly version?: number;
    readonly detail?: string;
  };
}

/** One tensor of the Open Inference Protocol V2. */
export interface Tensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly datatype: string;
  readonly data: readonly number[];
}

const api = "/api/bedplate/v1";
const pollMs = 300;
const jobLimitMs = 10 * 60_000;
const loadLimitMs = 60_000;

/** Submits a training job; gives its id. */
export async function submit(service: Service, spec: Record<string, unknown>): Promise<string> {
  return (await service.json<Job>("POST", `${api}/training/jobs`, spec)).id;
}

/** Waits at most ten minutes for a job's end, passing on its log as it grows; gives the job and its whole log. */
export async function follow(service: Service, id: string, onLine: (line: string) => void) {
  const deadline = Date.now() + jobLimitMs;
  let shown = 0;
  while (Date.now() < deadline) {
    const job = await service.json<Job>("GET", `${api}/training/jobs/${id}`);
    const ended = job.state !== "queued" && job.state !== "running";
    const log = job.state === "queued" ? "" : await service.text(`${api}/training/jobs/${id}/log`);
    const open = ended && log !== "" && !log.endsWith("\n");
    const lines = log.split("\n").slice(0, open ? undefined : -1);
    for (const line of lines.slice(shown)) onLine(line);
    shown = Math.max(shown, lines.length);
    if (ended) return { job, lines };
    await wait(pollMs);
  }
  throw new Failure(`Job ${id} has not ended within ${jobLimitMs / 60_000} minutes; it goes on without us.`);
}

/** A registered model, or undefined where there is none of this name. */
export async function findModel(service: Service, name: string): Promise<Model | undefined> {
  try {
    return await service.json<Model>("GET", `${api}/models/${name}`);
  } catch (error) {
    if (error instanceof Failure && error.code === "NOT_FOUND") return undefined;
    throw error;
  }
}

/** Makes a version the champion, which is what is served. */
export async function promote(service: Service, name: string, version: number): Promise<void> {
  await service.json("POST", `${api}/models/${name}/promote`, { version, comment: "quickstart" });
}

/** Waits at most a minute until the service has loaded a version. */
export async function untilServed(service: Service, name: string, version: number): Promise<void> {
  const deadline = Date.now() + loadLimitMs;
  while (Date.now() < deadline) {
    const serving = (await findModel(service, name))?.serving;
    if (serving?.state === "ready" && serving.version === version) return;
    if (serving?.state === "refused") throw new Failure(`${name} is not served: ${serving.detail}`);
    await wait(pollMs);
  }
  throw new Failure(`${name} version ${version} was not loaded within ${loadLimitMs / 1000} s.`);
}

/** The last value of a metric of a run, through the MLflow API. */
export async function metricOf(service: Service, runId: string, key: string): Promise<number | undefined> {
  const path = `/api/2.0/mlflow/runs/get?${new URLSearchParams({ run_id: runId })}`;
  const { run } = await service.json<{ run: { data: { metrics?: { key: string; value: number }[] } } }>(
    "GET",
    path,
  );
  return run.data.metrics?.find((metric) => metric.key === key)?.value;
}

/** Predicts: rows of features in, a label and probabilities out (Open Inference Protocol V2). */
export async function infer(service: Service, name: string, rows: readonly (readonly number[])[]) {
  const shape = [rows.length, rows[0]?.length ?? 0];
  const input: Tensor = { name: "features", shape, datatype: "FP32", data: rows.flat() };
  const path = `/v2/models/${name}/infer`;
  const { outputs } = await service.json<{ outputs: Tensor[] }>("POST", path, { inputs: [input] });
  const output = (wanted: string) => {
    const tensor = outputs.find((one) => one.name === wanted);
    if (tensor === undefined) throw new Failure(`${name} gave no "${wanted}": is it another model?`);
    return tensor;
  };
  const probabilities = output("probabilities");
  const width = probabilities.shape[1] ?? 0;
  return output("label").data.map((label, row) => ({
    label,
    probability: probabilities.data[row * width + label] ?? 0,
  }));
}
