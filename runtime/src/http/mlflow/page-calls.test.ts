import { afterAll, beforeAll, expect, test } from "vitest";
import { openService, type ServiceUnderTest, token } from "../../../testing/service.ts";

let service: ServiceUnderTest;
let runId = "";
beforeAll(async () => {
  service = await openService();
  const { run } = (await post("runs/create", { experiment_id: "0" })) as {
    run: { info: { run_id: string } };
  };
  runId = run.info.run_id;
});
afterAll(() => service.close());

const headers = { authorization: `Bearer ${token}` };

async function post(path: string, payload: object, prefix = "/api/2.0/mlflow/"): Promise<unknown> {
  const answer = await service.app.inject({ method: "POST", url: prefix + path, payload, headers });
  return answer.json();
}

test("data sets of experiments are listed once a context, at the address that clients misspell too", async () => {
  const dataset = { name: "iris", digest: "d1", source_type: "local", source: "s" };
  const tags = [{ key: "mlflow.data.context", value: "training" }];
  await post("runs/log-inputs", {
    run_id: runId,
    datasets: [{ dataset, tags }, { dataset: { ...dataset, digest: "d2" } }],
  });
  const summaries = {
    dataset_summaries: [
      { experiment_id: "0", name: "iris", digest: "d1", context: "training" },
      { experiment_id: "0", name: "iris", digest: "d2" },
    ],
  };
  const asked = { experiment_ids: ["0", "77"] };
  expect(await post("experiments/search-datasets", asked)).toEqual(summaries);
  expect(await post("experiments/search-datasets", asked, "/api/2.0mlflow/")).toEqual(summaries);
  const many = { experiment_ids: Array.from({ length: 21 }, () => "0") };
  expect(await post("experiments/search-datasets", many)).toMatchObject({
    error_code: "INVALID_PARAMETER_VALUE",
  });
});

test("all values of a metric of several runs come run by run", async () => {
  for (const step of [2, 1])
    await post("runs/log-metric", { run_id: runId, key: "m", value: step, step, timestamp: step });
  const url = `/ajax-api/2.0/mlflow/metrics/get-history-bulk?run_id=${runId}&run_id=none&metric_key=m`;
  const answer = await service.app.inject({ url, headers });
  expect(answer.json()).toEqual({
    metrics: [1, 2].map((step) => ({ key: "m", value: step, step, timestamp: step, run_id: runId })),
  });
});

test("a file is dropped on a run, a logged model's file is read, and neither leads out of its folder", async () => {
  const upload = (path: string) =>
    service.app.inject({
      method: "POST",
      url: `/ajax-api/2.0/mlflow/upload-artifact?run_uuid=${runId}&path=${path}`,
      payload: "hello",
      headers: { ...headers, "content-type": "text/plain" },
    });
  expect((await upload("deep/a.txt")).json()).toEqual({});
  expect((await upload("..%2Fa.txt")).statusCode).toBe(400);
  const read = await service.app.inject({ url: `/get-artifact?run_id=${runId}&path=deep/a.txt`, headers });
  expect(read.body).toBe("hello");
  const { model } = (await post("logged-models", { experiment_id: "0", name: "m" })) as {
    model: { info: { model_id: string; artifact_uri: string } };
  };
  const folder = model.info.artifact_uri.replace(
    "mlflow-artifacts:/",
    "/api/2.0/mlflow-artifacts/artifacts/",
  );
  await service.app.inject({ method: "PUT", url: `${folder}/MLmodel`, payload: "flavors", headers });
  const file = (path: string) =>
    service.app.inject({
      url: `/ajax-api/2.0/mlflow/logged-models/${model.info.model_id}/artifacts/files?artifact_file_path=${path}`,
      headers,
    });
  expect((await file("MLmodel")).body).toBe("flavors");
  expect((await file("none")).statusCode).toBe(404);
  expect((await file("..%2F..%2Fx")).statusCode).toBe(400);
});
