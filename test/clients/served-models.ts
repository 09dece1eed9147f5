import type { RuntimeProcess } from "./runtime-process.ts";

/** Uploads a model file to a run of its own, registers it and makes it champion. */
export async function serveModel(runtime: RuntimeProcess, name: string, bytes: Uint8Array): Promise<void> {
  const mlflow = "/api/2.0/mlflow";
  const { run } = (await call(runtime, "POST", `${mlflow}/runs/create`, { experiment_id: "0" })) as {
    run: { info: { run_id: string; artifact_uri: string } };
  };
  const { run_id, artifact_uri } = run.info;
  const path = artifact_uri.replace("mlflow-artifacts:/", "");
  await send(runtime, "PUT", `/api/2.0/mlflow-artifacts/artifacts/${path}/model/model.onnx`, bytes);
  await call(runtime, "POST", `${mlflow}/registered-models/create`, { name });
  const version = { name, source: `${artifact_uri}/model`, run_id };
  await call(runtime, "POST", `${mlflow}/model-versions/create`, version);
  await call(runtime, "POST", `/api/bedplate/v1/models/${name}/promote`, { version: 1 });
}

async function call(runtime: RuntimeProcess, method: string, path: string, body: object): Promise<unknown> {
  return JSON.parse(await send(runtime, method, path, JSON.stringify(body)));
}

async function send(
  { url, token }: RuntimeProcess,
  method: string,
  path: string,
  body: string | Uint8Array,
): Promise<string> {
  const type = typeof body === "string" ? "application/json" : "application/octet-stream";
  const answer = await fetch(`${url}${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, "content-type": type },
    body: typeof body === "string" ? body : Buffer.from(body),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
  return text;
}
