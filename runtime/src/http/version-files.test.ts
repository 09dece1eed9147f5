import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import type { VersionFiles } from "@bedplate/contract";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openService, type ServiceUnderTest, token } from "../../testing/service.ts";
import { createArtifactCollector } from "../store/artifact-collector.ts";
import { openObjectFolder } from "../store/object-folder.ts";

let service: ServiceUnderTest;
beforeAll(async () => {
  service = await openService();
});
afterAll(() => service.close());

const headers = { host: "127.0.0.1:4680", authorization: `Bearer ${token}` };
const proxy = "/api/2.0/mlflow-artifacts/artifacts";
const actor = "ada";
const get = (url: string) => service.app.inject({ url, headers });
const put = (path: string, content: string) =>
  service.app.inject({
    method: "PUT",
    url: `${proxy}/${path}`,
    headers: { ...headers, "content-type": "application/octet-stream" },
    payload: content,
  });
const filesOf = async (model: string) =>
  (await get(`/api/bedplate/v1/models/${model}/versions/1/files`)).json<VersionFiles>();
/** Where MLflow's clients fetch `models:/<model>/1` from. */
async function folderOf(model: string): Promise<string> {
  const answer = await get(`/api/2.0/mlflow/model-versions/get-download-uri?name=${model}&version=1`);
  return answer.json().artifact_uri.replace("mlflow-artifacts:/", "");
}

/** A registered version of a model of its own, made from a folder with one file. */
async function register(
  name: string,
  files: Record<string, string> = { "weights.bin": `weights of ${name}` },
) {
  for (const [path, content] of Object.entries(files)) await put(`0/${name}/${path}`, content);
  const { registry } = service.ports;
  await registry.models.create({ name, description: "", tags: [], actor });
  const made = { description: "", modelId: "", runId: "", runLink: "", tags: [], actor };
  return await registry.versions.create({ ...made, name, source: `mlflow-artifacts:/0/${name}` });
}

test("what a version was registered with stays, whatever becomes of the folder that it came from", async () => {
  await register("kept");
  const before = await filesOf("kept");
  expect(before).toMatchObject({ pinned: true, files: [{ path: "weights.bin", size: 15 }] });
  await put("0/kept/weights.bin", "other weights");
  await put("0/kept/late.txt", "late");
  expect(await filesOf("kept")).toEqual(before);
  expect((await get(`${proxy}/0/kept/weights.bin`)).body).toBe("other weights");
  await service.ports.artifacts.remove("0/kept");
  const objects = await openObjectFolder(join(service.folder, "objects"));
  const limits = { collectAfterMs: 1, collectLimit: 100, uploadLifetimeMs: 1 };
  await createArtifactCollector(service.db, objects, limits, () => Date.now() + 10_000).collect(actor);
  const folder = await folderOf("kept");
  expect((await get(`${proxy}?path=${folder}`)).json().files).toMatchObject([{ path: "weights.bin" }]);
  expect((await get(`${proxy}/${folder}/weights.bin`)).body).toBe("weights of kept");
  const byVersion = "/model-versions/get-artifact?name=kept&version=1&path=weights.bin";
  expect((await get(byVersion)).body).toBe("weights of kept");
});

test("nobody writes to a version or deletes its files, by any address", async () => {
  await register("closed");
  const folder = await folderOf("closed");
  const refused = { error_code: "INVALID_STATE" };
  expect((await put(`${folder}/weights.bin`, "x")).json()).toMatchObject(refused);
  expect((await put(`${folder}/new.txt`, "x")).statusCode).toBe(409);
  for (const path of ["model-versions", folder, `${folder}/weights.bin`]) {
    const deleted = await service.app.inject({ method: "DELETE", url: `${proxy}/${path}`, headers });
    expect([deleted.statusCode, deleted.json()]).toMatchObject([409, refused]);
  }
  const parts = await service.app.inject({
    method: "POST",
    url: `/api/2.0/mlflow-artifacts/mpu/create/${folder}`,
    headers,
    payload: { path: "weights.bin", num_parts: 1 },
  });
  expect(parts.statusCode).toBe(409);
  const past = service.db.deleteFrom("artifacts").where("path", "like", `${folder}/%`).execute();
  await expect(past).rejects.toThrow("never changed");
  expect(
    await text(
      await service.ports.artifacts.open(await service.ports.artifacts.find(`${folder}/weights.bin`)),
    ),
  ).toBe("weights of closed");
});

test("a version that was registered empty takes its files when it is first named", async () => {
  await register("early", {});
  expect(await filesOf("early")).toMatchObject({ pinned: false, files: [] });
  await put("0/early/a.txt", "a");
  expect(await filesOf("early")).toMatchObject({ pinned: false, files: [{ path: "a.txt" }] });
  await service.ports.registry.setAlias({ model: "early", alias: "candidate", version: 1, actor });
  await put("0/early/b.txt", "b");
  expect(await filesOf("early")).toMatchObject({ pinned: true, files: [{ path: "a.txt" }] });
});

test("a version keeps its files through a rename, and gives them up when it is deleted", async () => {
  await register("first");
  const folder = await folderOf("first");
  await service.ports.registry.models.rename("first", "second");
  expect(await folderOf("second")).toBe(folder);
  await service.ports.registry.models.delete("second", actor);
  expect((await get(`${proxy}?path=${folder}`)).json()).toEqual({ files: [] });
});

test("other bytes in the object store are never handed out whole", async () => {
  await register("rotten", { "weights.bin": "the right weights" });
  const objects = join(service.folder, "objects");
  for (const name of await readdir(join(objects, "sha256"), { recursive: true })) {
    const file = join(objects, "sha256", name);
    const content = await readFile(file, "utf8").catch(() => "");
    if (content === "the right weights") await writeFile(file, "the wrong weights");
  }
  const { artifacts } = service.ports;
  const file = await artifacts.find(`${await folderOf("rotten")}/weights.bin`);
  await expect(text(await artifacts.open(file))).rejects.toMatchObject({ code: "ARTIFACT_CORRUPT" });
  const some = artifacts.open({ ...file, path: "elsewhere" });
  expect(await text(Readable.from(await some))).toBe("the wrong weights");
});
