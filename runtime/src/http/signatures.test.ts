import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { chmod, mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import type { SignatureReport, SigningKeyInfo } from "@bedplate/contract";
import { sql } from "kysely";
import { afterAll, beforeAll, expect, test } from "vitest";
import { changePinned } from "../../testing/change-pinned.ts";
import { linearModel } from "../../testing/onnx-model.ts";
import { openService, type ServiceUnderTest, token } from "../../testing/service.ts";
import { keyIdOf, pemOf, signManifest } from "../domain/model-signature.ts";
import { type ModelHost, openModelHost } from "../inference/model-host.ts";
import { createSignatureStore } from "../store/signature-store.ts";
import { openSigningKeys } from "../store/signing-keys.ts";

let service: ServiceUnderTest;
let host: ModelHost;
let folder: string;
beforeAll(async () => {
  service = await openService((made, db) => {
    const { artifacts, clock } = made;
    folder = join(made.settings.adminTokenFile, "..");
    const keys = {
      own: null,
      trusted: async () =>
        (await openSigningKeys(join(folder, "signing-key.pem"), join(folder, "trusted"))).trusted(),
    };
    const strict = createSignatureStore({ db, open: artifacts.open, clock, keys, required: true });
    const signatures = {
      ...made.signatures,
      check: strict.check,
      upload: strict.upload,
      report: strict.report,
    };
    return { signatures };
  });
  await mkdir(join(folder, "trusted"));
  const { registry, artifacts, settings, clock, metrics, signatures } = service.ports;
  const log = { error: (fields: object) => console.error(fields) };
  const parts = { registry, artifacts, settings: settings.serving, clock, metrics, log };
  host = await openModelHost({ ...parts, admit: signatures.check });
  Object.assign(service.ports.models, host);
});
afterAll(async () => {
  await host.close();
  await service.close();
});

const headers = { host: "127.0.0.1:4680", authorization: `Bearer ${token}` };
const models = "/api/bedplate/v1/models";
const get = (path: string) => service.app.inject({ url: path, headers });

/** A registered version of a model of its own, with two files. */
async function register(name: string) {
  const put = (path: string, bytes: Buffer) =>
    service.ports.artifacts.put(`files/${name}/${path}`, Readable.from([bytes]), 1_000_000);
  await put("model.onnx", linearModel([1]));
  await put("data/notes.txt", Buffer.from(`notes of ${name}`));
  const { registry } = service.ports;
  await registry.models.create({ name, description: "", tags: [], actor: "ada" });
  const made = { description: "", modelId: "", runId: "", runLink: "", tags: [], actor: "ada" };
  await registry.versions.create({ ...made, name, source: `mlflow-artifacts:/files/${name}` });
  const promote = () =>
    service.app.inject({
      method: "POST",
      url: `${models}/${name}/promote`,
      headers,
      payload: { version: 1 },
    });
  const unsign = () => service.db.deleteFrom("model_signatures").where("name", "=", name).execute();
  return { version: `${models}/${name}/versions/1`, put, promote, unsign };
}

test("a version is signed when it is registered, and is promoted while its files are those", async () => {
  const { version, promote } = await register("signed");
  const report = (await get(`${version}/signature?content=true`)).json<SignatureReport>();
  expect(report).toMatchObject({ state: "valid", checked: "content", required: true });
  expect(report.signatures).toMatchObject([{ origin: "platform", createdBy: "ada", valid: true }]);
  expect((await promote()).statusCode).toBe(200);
  const key = (await get("/api/bedplate/v1/signing/key")).json<SigningKeyInfo>();
  expect(key.publicKey).toContain("BEGIN PUBLIC KEY");
  expect(report.signatures[0]?.keyId).toBe(key.keyId);
  expect((await stat(join(folder, "signing-key.pem"))).mode & 0o777).toBe(0o600);
});

test("a file that came later is not the version's", async () => {
  const { version, put, promote } = await register("later");
  await put("late.txt", Buffer.from("late"));
  expect((await get(`${version}/signature`)).json()).toMatchObject({ state: "valid" });
  expect((await promote()).statusCode).toBe(200);
});

test("a file that somebody put into the database itself is named and refused, until somebody signs what is there", async () => {
  const { version, put, promote } = await register("late");
  await put("late.txt", Buffer.from("late"));
  await changePinned(
    service.db,
    sql`insert into artifacts select v.artifact_path || '/late.txt', a.digest, a.size, a.created_at
      from model_versions v, artifacts a where v.name = 'late' and a.path = 'files/late/late.txt'`,
  );
  expect((await get(`${version}/signature`)).json()).toMatchObject({
    state: "invalid",
    signatures: [{ added: ["late.txt"], removed: [], changed: [] }],
  });
  const refused = await promote();
  expect(refused.statusCode).toBe(422);
  expect(refused.json()).toMatchObject({ code: "SIGNATURE_INVALID" });
  expect(refused.json().detail).toContain("late.txt");
  const signed = await service.app.inject({ method: "POST", url: `${version}/sign`, headers });
  expect(signed.json()).toMatchObject({ state: "valid" });
  expect((await promote()).statusCode).toBe(200);
});

test("a byte that changed in the object store is found before the version is loaded", async () => {
  const { version, promote } = await register("rotten");
  const objects = service.ports.settings.connections.objectStore;
  if (objects.kind !== "file") throw new Error("the test's objects lie in a folder");
  for (const name of await readdir(objects.path, { recursive: true })) {
    const file = join(objects.path, name);
    if (!(await stat(file)).isFile() || (await readFile(file, "utf8")) !== "notes of rotten") continue;
    await chmod(file, 0o600);
    await writeFile(file, "notEs of rotten");
  }
  expect((await get(`${version}/signature`)).json()).toMatchObject({ state: "valid" });
  expect((await get(`${version}/signature?content=true`)).json()).toMatchObject({
    state: "invalid",
    signatures: [{ changed: ["data/notes.txt"] }],
  });
  expect((await promote()).json()).toMatchObject({ code: "SIGNATURE_INVALID" });
});

test("an unsigned version is refused by promotion, and by loading when an alias is set past it", async () => {
  const { version, promote, unsign } = await register("unsigned");
  await unsign();
  expect((await promote()).json()).toMatchObject({ code: "SIGNATURE_MISSING" });
  const { alias } = service.ports.settings.serving;
  await service.ports.registry.setAlias({ model: "unsigned", alias, version: 1, actor: "ada" });
  await host.reconcile();
  expect(host.status("unsigned")).toMatchObject({ state: "refused", code: "SIGNATURE_MISSING" });
  expect((await get(`${version}/signature/bundle`)).statusCode).toBe(422);
});

test("a bundle from outside counts when a trusted key made it over these files, and only then", async () => {
  const { version, promote, unsign } = await register("vendor");
  await unsign();
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-384" });
  const upload = async (key: KeyObject, change: (files: Map<string, string>) => void = () => {}) => {
    const files = await service.ports.artifacts.files("files/vendor", 10);
    const manifest = new Map(files.map((file) => [file.path.slice("files/vendor/".length), file.digest]));
    change(manifest);
    const payload = JSON.parse(signManifest("m", manifest, key));
    return await service.app.inject({ method: "PUT", url: `${version}/signature`, headers, payload });
  };
  const stranger = await upload(privateKey);
  expect(stranger.statusCode).toBe(422);
  expect(stranger.json()).toMatchObject({ code: "SIGNATURE_INVALID" });
  await writeFile(join(folder, "trusted", "vendor.pem"), pemOf(publicKey));
  expect((await upload(privateKey, (files) => files.delete("model.onnx"))).statusCode).toBe(422);
  const taken = await upload(privateKey);
  expect(taken.json()).toMatchObject({ state: "valid", signatures: [{ keyId: keyIdOf(publicKey) }] });
  expect((await promote()).statusCode).toBe(200);
  const bundle = await get(`${version}/signature/bundle?key=${keyIdOf(publicKey)}`);
  expect(bundle.headers["content-type"]).toContain("application/vnd.dev.sigstore.bundle.v0.3+json");
  expect(JSON.parse(bundle.body).dsseEnvelope.payloadType).toBe("application/vnd.in-toto+json");
  const events = await service.db
    .selectFrom("events")
    .select("data")
    .where("type", "=", "dev.bedplate.model-version.signed")
    .execute();
  expect(events).toContainEqual({ data: { model: "vendor", version: 1, keyId: keyIdOf(publicKey) } });
});

test("a key file that others may read, or that is no key, stops the start with a sentence", async () => {
  const loose = join(folder, "loose.pem");
  await writeFile(loose, "x", { mode: 0o644 });
  await expect(openSigningKeys(loose, undefined)).rejects.toThrow("chmod 600");
  const broken = join(folder, "broken.pem");
  await writeFile(broken, "x", { mode: 0o600 });
  await expect(openSigningKeys(broken, undefined)).rejects.toThrow("cannot be used");
  const many = await Promise.all([1, 2, 3].map(() => openSigningKeys(join(folder, "new.pem"), undefined)));
  expect(new Set(many.map(({ own }) => own?.id)).size).toBe(1);
});
