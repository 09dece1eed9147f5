import { Readable } from "node:stream";
import type { ModelList, PromotionResult } from "@bedplate/contract";
import { afterAll, beforeAll, expect, test } from "vitest";
import { linearModel } from "../../testing/onnx-model.ts";
import { openService, type ServiceUnderTest, token } from "../../testing/service.ts";
import { type ModelHost, openModelHost } from "../inference/model-host.ts";

let service: ServiceUnderTest;
let host: ModelHost;
beforeAll(async () => {
  service = await openService();
  const { registry, artifacts, settings, clock, metrics } = service.ports;
  const log = { error: (fields: object) => console.error(fields) };
  host = await openModelHost({ registry, artifacts, settings: settings.serving, clock, metrics, log });
  Object.assign(service.ports.models, host);
  for (const name of ["alpha", "beta", "gam/ma"]) {
    const now = Date.now();
    const times = { creation_time: now, last_updated_time: now };
    const row = { name, description: "", last_version: 3, ...times };
    await service.db.insertInto("registered_models").values(row).execute();
    for (const version of [1, 2, 3]) {
      const artifact_path = `files/${name.replace("/", "-")}/${version}`;
      const empty = { description: "", user_id: "", source: "", run_id: "", run_link: "", model_id: "" };
      const values = { ...empty, ...times, name, version, artifact_path, status: "READY", stage: "None" };
      await service.db.insertInto("model_versions").values(values).execute();
      const bytes = version === 3 ? Buffer.from("not a model") : linearModel([version]);
      await artifacts.put(`${artifact_path}/model.onnx`, Readable.from([bytes]), 1_000_000);
    }
  }
});
afterAll(async () => {
  await host.close();
  await service.close();
});

const headers = { host: "127.0.0.1:4680", authorization: `Bearer ${token}` };
const models = "/api/bedplate/v1/models";
const get = (path: string) => service.app.inject({ url: models + path, headers });
const promote = (name: string, payload: object) =>
  service.app.inject({ method: "POST", url: `${models}/${name}/promote`, headers, payload });
const predict = async (name: string) => {
  const inputs = [{ name: "x", datatype: "FP32", shape: [1, 1], data: [10] }];
  const url = `/v2/models/${name}/infer`;
  const answer = await service.app.inject({ method: "POST", url, headers, payload: { inputs } });
  return answer.json().outputs?.[0].data[0];
};

test("models are listed with their versions and what is served, page by page", async () => {
  const first = (await get("?limit=2")).json<ModelList>();
  expect(first.models.map((model) => model.name)).toEqual(["alpha", "beta"]);
  const second = (await get(`?limit=2&after=${first.next}`)).json<ModelList>();
  expect(second).toMatchObject({ models: [{ name: "gam/ma", serving: { state: "none" } }], next: null });
  expect((await get("/gam%2Fma")).json().versions.map((one: { version: number }) => one.version)).toEqual([
    3, 2, 1,
  ]);
  expect((await get("/unknown")).json()).toMatchObject({ code: "NOT_FOUND" });
});

test("when a promotion is answered the version is served; the registry, the event and the list agree", async () => {
  expect(await predict("alpha")).toBeUndefined();
  const first = await promote("alpha", { version: 1 });
  expect(first.json<PromotionResult>()).toMatchObject({
    version: 1,
    previousVersion: null,
    serving: { state: "ready", inputs: [{ name: "x", datatype: "FP32", shape: [-1, 1] }] },
  });
  expect(await predict("alpha")).toBe(10);
  const second = await promote("alpha", { version: 2, comment: "better" });
  expect(second.json()).toMatchObject({ version: 2, previousVersion: 1 });
  expect(await predict("alpha")).toBe(20);
  expect((await promote("alpha", { version: 2 })).json()).toMatchObject({ previousVersion: 2 });
  expect((await get("/alpha")).json()).toMatchObject({
    serving: { state: "ready", version: 2 },
    versions: [{ version: 3 }, { version: 2, aliases: ["champion"] }, { version: 1, aliases: [] }],
  });
  const events = await service.db
    .selectFrom("events")
    .select(["actor", "data"])
    .where("subject", "=", "alpha")
    .execute();
  expect(events[1]).toMatchObject({
    actor: "admin",
    data: { version: 2, previousVersion: 1, alias: "champion", comment: "better" },
  });
});

test("a version that cannot be served is refused with its code, and what was served goes on", async () => {
  await promote("beta", { version: 1 });
  const refused = await promote("beta", { version: 3 });
  expect(refused.statusCode).toBe(422);
  expect(refused.json()).toMatchObject({ code: "MODEL_NOT_ONNX" });
  expect(await predict("beta")).toBe(10);
  expect((await get("/beta")).json().serving).toMatchObject({ state: "ready", version: 1 });
});

test("unknown models and versions are a 404, a wrong promotion a 400", async () => {
  expect((await promote("alpha", { version: 9 })).statusCode).toBe(404);
  expect((await promote("nothing", { version: 1 })).statusCode).toBe(404);
  const wrong = await promote("alpha", { version: 0, alias: "x" });
  expect(wrong.statusCode).toBe(400);
  expect(wrong.json().problems).toHaveLength(2);
});

test("promotions at the same time all end with one version served, which the registry has too", async () => {
  const answers = await Promise.all([1, 2, 1, 2, 1].map((version) => promote("gam%2Fma", { version })));
  for (const answer of answers) expect([200, 409]).toContain(answer.statusCode);
  const { versions, serving } = (await get("/gam%2Fma")).json();
  const champion = versions.find((one: { aliases: string[] }) => one.aliases.includes("champion"));
  expect(serving).toMatchObject({ state: "ready", version: champion.version });
});
