import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { chainModel, linearModel } from "../../runtime/testing/onnx-model.ts";
import { createRegistrar } from "../../tools/bench/model-registrar.ts";
import { assembleImage } from "../../tools/image/assemble.ts";
import { ensureConsole } from "../../tools/setup/console.mjs";
import { createClosers } from "../verify/closers.ts";
import { createReplica, openHome } from "../verify/service-process.ts";

const root = join(import.meta.dirname, "../..");
const mebibyte = 1024 ** 2;
const timeoutMs = 300_000;
const closers = createClosers();
afterEach(() => closers.close());

/** Every file below a folder with its size and time of change. */
async function filesOf(folder: string): Promise<ReadonlyMap<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = new Map<string, string>();
  for (const entry of entries.filter((one) => one.isFile())) {
    const path = join(entry.parentPath, entry.name);
    const { size, mtimeMs } = await stat(path);
    files.set(path, `${size} ${mtimeMs}`);
  }
  return files;
}

const bytesOf = (files: ReadonlyMap<string, string>) =>
  [...files.values()].reduce((sum, text) => sum + Number(text.split(" ")[0]), 0);

test(
  "what goes into the image is enough to serve the console and to predict, here and in processes, and stays as it was",
  async () => {
    const parent = await mkdtemp(join(tmpdir(), "bedplate-image-"));
    closers.add(() => rm(parent, { recursive: true }));
    const target = join(parent, "app");
    const { platform: os, arch } = process;
    await ensureConsole();
    await assembleImage({ root, target, platform: { os, arch } });
    const before = await filesOf(target);
    const binding = [...before.keys()].filter((path) => path.includes("/onnxruntime-node/bin/"));
    expect(binding.length).toBeGreaterThan(0);
    expect(binding.filter((path) => !path.includes(`/${os}/${arch}/`))).toEqual([]);
    expect(bytesOf(before)).toBeLessThan(180 * mebibyte);

    const home = await openHome(null);
    closers.add(home.close);
    const consolePath = join(target, "console/dist");
    const replica = await createReplica(home, "0", { consolePath, serving: { workers: 1 } }, [], target);
    closers.add(replica.kill);
    await replica.start();
    expect((await replica.call("GET", "/livez")).status).toBe(200);
    const page = await replica.call("GET", "/");
    expect([page.status, String(page.body)]).toEqual([200, expect.stringContaining("<html")]);
    const registrar = createRegistrar({ url: replica.url, token: home.token });
    for (const [model, bytes, width] of [
      ["small", linearModel([1, 10], 0.5), 2],
      ["large", chainModel(256, 40), 256],
    ] as const) {
      const promoted = await registrar.promote(model, await registrar.register(model, bytes));
      expect([promoted.status, JSON.stringify(promoted.body)]).toEqual([200, expect.any(String)]);
      const x = { name: "x", shape: [1, width], datatype: "FP32", data: new Array(width).fill(1) };
      const { status, body } = await registrar.infer(model, { inputs: [x] });
      expect(status).toBe(200);
      if (model === "small") expect(body).toMatchObject({ outputs: [{ data: [11.5] }] });
    }
    await replica.kill();
    expect(await filesOf(target)).toEqual(before);
  },
  timeoutMs,
);
