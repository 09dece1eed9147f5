import { execFile, spawn } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { appendFile, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { keyIdOf, pemOf, signManifest, verifyBundle } from "../../runtime/src/domain/model-signature.ts";
import { collect, ensurePython } from "../../tools/peers/python.ts";

const packages = ["model-signing==1.1.1", "pyOpenSSL==26.4.0"];
const hookTimeoutMs = 900_000;
const files: Readonly<Record<string, string>> = {
  "model.onnx": "weights",
  MLmodel: "flavors: {}",
  "data/a b.txt": "text",
  "data.txt": "order of a folder beside a file of the same name",
  "data/ü/empty": "",
};

let folder: string;
let command: string;
const keys = generateKeyPairSync("ec", { namedCurve: "P-256" });
const at = (name: string) => join(folder, name);

beforeAll(async () => {
  command = join(dirname(await ensurePython(packages)), "model_signing");
  folder = await mkdtemp(join(tmpdir(), "bedplate-signing-"));
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(at(`model/${name}`)), { recursive: true });
    await writeFile(at(`model/${name}`), text);
  }
  await writeFile(at("key.pem"), keys.privateKey.export({ type: "pkcs8", format: "pem" }), { mode: 0o600 });
  await writeFile(at("key.pub"), pemOf(keys.publicKey));
}, hookTimeoutMs);
afterAll(() => rm(folder, { recursive: true }));

async function manifest(): Promise<Map<string, string>> {
  const names = Object.keys(files).map((name) => at(`model/${name}`));
  const { stdout } = await promisify(execFile)("sha256sum", names);
  return new Map(
    stdout
      .trim()
      .split("\n")
      .map((line) => {
        const [digest = "", ...name] = line.split("  ");
        return [name.join("  ").slice(at("model/").length), digest];
      }),
  );
}

const run = (...args: string[]) =>
  collect(spawn(command, args, { stdio: ["ignore", "pipe", "pipe"], env: { PATH: process.env.PATH } }));
const verify = () =>
  run("verify", "key", at("model"), "--signature", at("ours.sig"), "--public_key", at("key.pub"));

test("a signature made here is verified by the reference tool, until a byte changes", async () => {
  await writeFile(at("ours.sig"), signManifest("model", await manifest(), keys.privateKey));
  const { status, output } = await verify();
  expect(output).toContain("Verification succeeded");
  expect(status).toBe(0);
  await appendFile(at("model/MLmodel"), "x");
  expect((await verify()).status).not.toBe(0);
  await writeFile(at("model/MLmodel"), files.MLmodel ?? "");
});

test("a signature made by the reference tool holds here, until a byte changes", async () => {
  const { status, output } = await run(
    "sign",
    "key",
    at("model"),
    "--private_key",
    at("key.pem"),
    "--signature",
    at("theirs.sig"),
  );
  expect(status, output).toBe(0);
  const bundle = await readFile(at("theirs.sig"), "utf8");
  const trusted = new Map([[keyIdOf(keys.publicKey), keys.publicKey]]);
  const now = await manifest();
  expect(verifyBundle(bundle, now, trusted)).toMatchObject({ problems: [], keyId: keyIdOf(keys.publicKey) });
  const changed = new Map([...now, ["MLmodel", "0".repeat(64)] as const]);
  expect(verifyBundle(bundle, changed, trusted)).toMatchObject({ changed: ["MLmodel"] });
});
