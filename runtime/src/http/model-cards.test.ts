import { Readable } from "node:stream";
import type { ModelCard } from "@bedplate/contract";
import { afterAll, beforeAll, expect, test } from "vitest";
import { linearModel } from "../../testing/onnx-model.ts";
import { openService, type ServiceUnderTest, token } from "../../testing/service.ts";

let service: ServiceUnderTest;
beforeAll(async () => {
  service = await openService();
  const { tracking, registry, artifacts } = service.ports;
  const { experiment_id } = await service.db
    .selectFrom("experiments")
    .select("experiment_id")
    .executeTakeFirstOrThrow();
  const made = { name: "train <b>", userId: "ada", startTime: 1_000, actor: "ada" };
  const tags = [{ key: "mlflow.source.git.commit", value: "0123abc" }];
  const run = await tracking.runs.create({ ...made, tags, experimentId: experiment_id });
  const input = { name: "iris", digest: "abc", source_type: "local", source: "/data/iris.csv" };
  const context = [{ key: "mlflow.data.context", value: "training" }];
  await tracking.runs.logModels(run.run_id, {
    datasets: [{ dataset: input, tags: context }],
    models: [],
    direction: "input",
  });
  const folder = run.artifact_uri.replace("mlflow-artifacts:/", "");
  await artifacts.put(`${folder}/model/model.onnx`, Readable.from([linearModel([1])]), 1_000_000);
  await registry.models.create({ name: "iris", description: "", tags: [], actor: "ada" });
  const version = { name: "iris", source: `runs:/${run.run_id}/model`, runId: run.run_id, actor: "ada" };
  await registry.versions.create({ ...version, runLink: "", description: "", modelId: "", tags: [] });
});
afterAll(() => service.close());

const headers = { host: "127.0.0.1:4680", authorization: `Bearer ${token}` };
const url = "/api/bedplate/v1/models/iris/versions/1/card";
const sections = {
  intendedUse: "Demo.\n\n# Not a heading",
  limitations: "Few data",
  ethicalConsiderations: "None",
  licence: "CC0",
  owner: "flowers@example.com",
};

test("a card tells what is registered and lists what is missing with what to do", async () => {
  const card = (await service.app.inject({ url, headers })).json<ModelCard>();
  expect(card).toMatchObject({
    model: "iris",
    version: 1,
    run: { name: "train <b>", user: "ada", sourceCommit: "0123abc" },
    datasets: [{ name: "iris", digest: "abc", context: "training" }],
    interface: { inputs: [{ name: "x", datatype: "FP32", shape: [-1, 1] }] },
    artifacts: [{ path: "model.onnx" }],
    signature: { state: "valid" },
    complete: false,
  });
  expect(card.lineage.nodes.map((node) => node.kind).sort()).toEqual(["dataset", "model-version", "run"]);
  const missing = card.missing.map(({ part }) => part);
  expect(missing).toEqual(expect.arrayContaining(["intendedUse", "owner", "metrics", "evaluation"]));
  expect(missing).not.toContain("run");
});

test("what people write is kept, said by whom, announced, and is no longer missing", async () => {
  const answer = await service.app.inject({ method: "PUT", url, headers, payload: sections });
  expect(answer.json()).toMatchObject({ sections, sectionsBy: "admin" });
  const missing = answer.json<ModelCard>().missing.map(({ part }) => part);
  for (const section of Object.keys(sections)) expect(missing).not.toContain(section);
  const wrong = await service.app.inject({ method: "PUT", url, headers, payload: { license: "MIT" } });
  expect(wrong.statusCode).toBe(400);
  expect((await service.app.inject({ url: url.replace("/1/", "/9/"), headers })).statusCode).toBe(404);
  const events = await service.db
    .selectFrom("events")
    .select("data")
    .where("type", "=", "dev.bedplate.model-card.written")
    .execute();
  expect(events).toEqual([{ data: { model: "iris", version: 1 } }]);
});

test("who asks for Markdown gets Markdown, in which nothing written is markup", async () => {
  const accept = { ...headers, accept: "text/markdown, application/json;q=0.5" };
  const answer = await service.app.inject({ url, headers: accept });
  expect(answer.headers["content-type"]).toBe("text/markdown; charset=utf-8");
  expect(answer.body).toContain("# iris, version 1");
  expect(answer.body).toContain("train &lt;b&gt;");
  expect(answer.body).toContain("\\# Not a heading");
  expect((await service.app.inject({ url: `${url}?format=markdown`, headers })).body).toBe(answer.body);
});
