import { linearModel } from "../../runtime/testing/onnx-model.ts";

/**
 * What a journey finds: two versions of a model, the first of them served, a model whose one version is no ONNX file,
 * and the run that made them.
 */
export interface Seeded {
  readonly model: string;
  readonly broken: string;
  readonly run: string;
  readonly runId: string;
}

const steps = 40;
const mlflow = "/api/2.0/mlflow";

/** Logs and registers over HTTP, as any client would. */
export async function seed(url: string, token: string): Promise<Seeded> {
  const model = "linear";
  const run = "browser-run";
  async function call(method: "POST" | "PUT", path: string, body: object | Uint8Array<ArrayBuffer>) {
    const bytes = body instanceof Uint8Array;
    const answer = await fetch(url + path, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        "content-type": bytes ? "application/octet-stream" : "application/json",
      },
      body: bytes ? body : JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as Record<string, unknown>;
  }
  const { experiment_id } = await call("POST", `${mlflow}/experiments/create`, { name: "journey" });
  const started = await call("POST", `${mlflow}/runs/create`, {
    experiment_id,
    run_name: run,
    start_time: Date.now() - 9_000,
  });
  const { run_id: runId, artifact_uri } = (
    started as { run: { info: { run_id: string; artifact_uri: string } } }
  ).run.info;
  const metrics = Array.from({ length: steps }, (_, step) => ({
    key: "loss",
    value: 1 / (step + 1),
    step,
    timestamp: Date.now() + step,
  }));
  const params = [{ key: "rate", value: "0.05" }];
  const tags = [{ key: "team", value: "birds" }];
  await call("POST", `${mlflow}/runs/log-batch`, { run_id: runId, metrics, params, tags });
  await call("POST", `${mlflow}/runs/update`, { run_id: runId, status: "FINISHED", end_time: Date.now() });
  await call("POST", `${mlflow}/registered-models/create`, { name: model });
  const folder = artifact_uri.replace(/^mlflow-artifacts:\/+/, "");
  for (const [at, bias] of [1, 2].entries()) {
    const path = `model-${at}`;
    const file = new Uint8Array(linearModel([2, 3], bias));
    await call("PUT", `/api/2.0/mlflow-artifacts/artifacts/${folder}/${path}/model.onnx`, file);
    const source = `${artifact_uri}/${path}`;
    await call("POST", `${mlflow}/model-versions/create`, { name: model, source, run_id: runId });
  }
  await call("POST", `/api/bedplate/v1/models/${model}/promote`, { version: 1 });
  const broken = "broken";
  const text = new TextEncoder().encode("not a model");
  await call("PUT", `/api/2.0/mlflow-artifacts/artifacts/${folder}/${broken}/model.onnx`, text);
  await call("POST", `${mlflow}/registered-models/create`, { name: broken });
  await call("POST", `${mlflow}/model-versions/create`, {
    name: broken,
    source: `${artifact_uri}/${broken}`,
  });
  return { model, broken, run, runId };
}
