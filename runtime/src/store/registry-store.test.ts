import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { openTestDatabase } from "../../testing/memory-database.ts";
import type { Database } from "./database.ts";
import { createRegistryStore, type RegistryStore } from "./registry-store.ts";
import { createTrackingStore } from "./tracking-store.ts";

let opened: Awaited<ReturnType<typeof openTestDatabase>>;
let db: Database;
let registry: RegistryStore;
beforeAll(async () => {
  opened = await openTestDatabase();
  db = opened.db;
  registry = createRegistryStore(db, () => 1_000);
});
afterAll(() => opened.close());
beforeEach(async () => {
  await db.deleteFrom("registered_models").execute();
  await db.deleteFrom("events").execute();
});

const actor = "tester";
const create = (name: string) => registry.models.create({ name, description: "", tags: [], actor });
const version = (name: string, source = "mlflow-artifacts:/0/files") =>
  registry.versions.create({
    name,
    source,
    runId: "",
    runLink: "",
    description: "",
    modelId: "",
    tags: [],
    actor,
  });
const announced = async () =>
  (await db.selectFrom("events").select(["type", "data"]).orderBy("sequence").execute()).map(
    ({ type, data }) => ({
      type: type.slice("dev.bedplate.".length),
      ...data,
    }),
  );
const page = { filter: "", orderBy: [], limit: 100, pageToken: undefined };

test("fifty versions created at once are numbered 1 to 50", async () => {
  await create("m");
  const versions = await Promise.all(Array.from({ length: 50 }, () => version("m")));
  expect(versions.map((each) => each.version).sort((a, b) => a - b)).toEqual(
    Array.from({ length: 50 }, (_, at) => at + 1),
  );
});

test("a number is never given twice, not even after the highest version is deleted", async () => {
  await create("m");
  await version("m");
  await version("m");
  await registry.versions.delete("m", 2, actor);
  expect((await version("m")).version).toBe(3);
});

test("an alias moves in one step, is announced with what it named before, and goes with its version", async () => {
  await create("m");
  await version("m");
  await version("m");
  expect(await registry.setAlias({ model: "m", alias: "champion", version: 1, actor })).toEqual({
    previousVersion: null,
  });
  expect(
    await registry.setAlias({ model: "m", alias: "champion", version: 2, actor, comment: "better" }),
  ).toEqual({
    previousVersion: 1,
  });
  expect(await registry.aliased("champion")).toEqual([{ model: "m", version: 2, artifactPath: "0/files" }]);
  await expect(registry.setAlias({ model: "m", alias: "champion", version: 3, actor })).rejects.toMatchObject(
    {
      code: "NOT_FOUND",
    },
  );
  await registry.versions.delete("m", 2, actor);
  expect(await registry.aliased("champion")).toEqual([]);
  expect((await announced()).slice(3)).toEqual([
    { type: "alias.set", model: "m", version: 1, alias: "champion" },
    { type: "alias.set", model: "m", version: 2, alias: "champion", previousVersion: 1, comment: "better" },
    { type: "alias.deleted", model: "m", version: 2, alias: "champion" },
    { type: "model-version.deleted", model: "m", version: 2 },
  ]);
});

test("removing an alias that is not there changes and announces nothing", async () => {
  await create("m");
  await registry.deleteAlias({ model: "m", alias: "none", actor });
  expect(await announced()).toEqual([{ type: "model.registered", model: "m", description: "", tags: {} }]);
});

test("a source is looked up once, when the version is made", async () => {
  const tracking = createTrackingStore(db);
  const run = await tracking.runs.create({
    experimentId: 0,
    name: "",
    userId: "",
    startTime: undefined,
    tags: [],
    actor,
  });
  const model = await tracking.loggedModels.create({
    experimentId: 0,
    name: "",
    modelType: "",
    sourceRunId: "",
    params: [],
    tags: [],
  });
  await create("my model");
  const folder = async (source: string) => (await version("my model", source)).artifact_path;
  expect(await folder(`runs:/${run.run_id}/model`)).toBe(`0/${run.run_id}/artifacts/model`);
  expect(await folder(`models:/${model.model_id}`)).toBe(`0/models/${model.model_id}/artifacts`);
  expect(await folder("models:/my model/1")).toBe(`0/${run.run_id}/artifacts/model`);
  await registry.setAlias({ model: "my model", alias: "best", version: 2, actor });
  expect(await folder("models:/my model@best")).toBe(`0/models/${model.model_id}/artifacts`);
  for (const missing of ["runs:/none/x", "models:/m-none", "models:/my model/99", "models:/my model@none"]) {
    await expect(folder(missing)).rejects.toMatchObject({ code: "NOT_FOUND" });
  }
  expect((await registry.versions.search(page)).items).toHaveLength(4);
});

test("a rename takes versions, tags and aliases along, and never onto another model", async () => {
  await create("a");
  await create("b");
  await version("a");
  await registry.versions.setTag("a", 1, { key: "k", value: "v" }, "me");
  await registry.setAlias({ model: "a", alias: "x", version: 1, actor });
  await expect(registry.models.rename("a", "b")).rejects.toMatchObject({ code: "ALREADY_EXISTS" });
  await registry.models.rename("a", "c");
  expect(await registry.versions.get("c", 1)).toMatchObject({
    aliases: ["x"],
    tags: [{ key: "k", value: "v" }],
  });
  await expect(registry.models.get("a")).rejects.toMatchObject({ code: "NOT_FOUND" });
});

test("the summary lists models by name in pages, each with its newest hundred versions", async () => {
  for (const name of ["c", "a", "b"]) await create(name);
  for (let at = 0; at < 101; at += 1) await version("a");
  await registry.setAlias({ model: "a", alias: "x", version: 101, actor });
  const first = await registry.list({ limit: 2 });
  expect([first.models.map(({ name }) => name), first.next]).toEqual([["a", "b"], "b"]);
  expect(first.models[0]?.versions).toHaveLength(100);
  expect(first.models[0]?.versions[0]).toEqual({
    version: 101,
    createdAt: 1_000,
    runId: null,
    aliases: ["x"],
  });
  const second = await registry.list({ after: first.next, limit: 2 });
  expect([second.models.map(({ name }) => name), second.next]).toEqual([["c"], null]);
  expect(await registry.get("b")).toMatchObject({ name: "b", versions: [] });
  await expect(registry.get("z")).rejects.toMatchObject({ code: "NOT_FOUND" });
});

test("stages name the newest version of each, and moving one may archive the others", async () => {
  await create("m");
  for (let at = 0; at < 3; at += 1) await version("m");
  await registry.versions.transition("m", 1, "Production", false, actor);
  await registry.versions.transition("m", 2, "Production", true, actor);
  const latest = await registry.versions.latest("m", []);
  expect(latest.map(({ stage, version: number }) => [stage, number]).sort()).toEqual([
    ["Archived", 1],
    ["None", 3],
    ["Production", 2],
  ]);
  expect(await registry.versions.latest("m", ["Staging"])).toEqual([]);
});

test("prompts are hidden from searches that do not name their tag", async () => {
  await create("model");
  await registry.models.create({
    name: "prompt",
    description: "",
    tags: [{ key: "mlflow.prompt.is_prompt", value: "true" }],
    actor,
  });
  const names = async (filter: string) =>
    (await registry.models.search({ ...page, filter })).items.map(({ name }) => name);
  expect(await names("")).toEqual(["model"]);
  expect(await names("tags.`mlflow.prompt.is_prompt` = 'true'")).toEqual(["prompt"]);
  expect(await names("tag.`mlflow.prompt.is_prompt` != 'true'")).toEqual(["model"]);
});

test("versions are searched by name, number, run and tag", async () => {
  await create("m");
  for (let at = 0; at < 3; at += 1) await version("m");
  await registry.versions.setTag("m", 2, { key: "k", value: "v" }, "me");
  const numbers = async (filter: string, orderBy: readonly string[] = []) =>
    (await registry.versions.search({ ...page, filter, orderBy })).items.map((each) => each.version);
  expect(await numbers("name = 'm' AND version_number > 1", ["version_number ASC"])).toEqual([2, 3]);
  expect(await numbers("tags.k = 'v'")).toEqual([2]);
  expect(await numbers("run_id IN ('x', 'y')")).toEqual([]);
  expect(await numbers("source_path = 'mlflow-artifacts:/0/files'", ["version_number DESC"])).toEqual([
    3, 2, 1,
  ]);
});

test("a prompt needs no source, has no files, and nothing else may do without a source", async () => {
  await create("greeting");
  const made = {
    name: "greeting",
    source: "dummy-source",
    runId: "",
    runLink: "",
    description: "",
    modelId: "",
    actor,
  };
  const prompt = { key: "mlflow.prompt.is_prompt", value: "true" };
  const first = await registry.versions.create({ ...made, tags: [prompt] });
  const second = await registry.versions.create({ ...made, tags: [prompt] });
  expect(first.artifact_path).toMatch(/^prompts\/[0-9a-f-]{36}$/);
  expect(second.artifact_path).not.toBe(first.artifact_path);
  const refused = { code: "INVALID_REQUEST" };
  await expect(registry.versions.create({ ...made, tags: [] })).rejects.toMatchObject(refused);
  const local = { ...made, source: "/etc", tags: [prompt] };
  await expect(registry.versions.create(local)).rejects.toMatchObject(refused);
});
