/**
 * The service with the models of a folder, for benchmarks: `node bench-service.ts <folder>` prints its address and
 * token, and answers `POST /echo` beside predictions, through the same hooks. `node bench-service.ts <folder> raw
 * <model> <milliseconds> <shape...>` prints how many rows a second ONNX Runtime alone predicts.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { routes } from "@bedplate/contract";
import type { ModelProfile } from "../src/domain/model-profile.ts";
import { openEngine } from "../src/inference/engine.ts";
import { openModelHost } from "../src/inference/model-host.ts";
import { openSession } from "../src/inference/onnx-session.ts";
import { openService, token } from "./service.ts";

const [folder = ".", mode, model = "", milliseconds = "1000", ...dimensions] = process.argv.slice(2);

async function measureRaw(): Promise<void> {
  const session = await openSession(readFileSync(join(folder, `${model}.onnx`)));
  const shape = dimensions.map(Number);
  const [rows = 1] = shape;
  const data = new Float32Array(shape.reduce((size, dimension) => size * dimension, 1)).fill(0.5);
  const call = { inputs: new Map([["x", { datatype: "FP32" as const, shape, data }]]), outputs: ["y"] };
  await session.run(call);
  const begin = performance.now();
  const { user, system } = process.cpuUsage();
  let done = 0;
  while (performance.now() - begin < Number(milliseconds)) {
    await session.run(call);
    done += rows;
  }
  const spent = process.cpuUsage({ user, system });
  const perSecond = (done * 1_000) / (performance.now() - begin);
  console.log(JSON.stringify({ perSecond, perProcessorSecond: (done * 1e6) / (spent.user + spent.system) }));
}

async function serve(): Promise<void> {
  const service = await openService(({ settings }) => ({
    settings: { ...settings, http: { ...settings.http, directPredictions: true } },
  }));
  const { artifacts, settings, clock, metrics } = service.ports;
  const names = readdirSync(folder)
    .filter((file) => file.endsWith(".onnx"))
    .map((file) => file.slice(0, -".onnx".length));
  for (const name of names) {
    const bytes = readFileSync(join(folder, `${name}.onnx`));
    await artifacts.put(`${name}/1/model.onnx`, Readable.from([bytes]), bytes.length);
  }
  const profiles = new Map<string, ModelProfile>();
  const log = { warn: console.error, error: console.error };
  const engine = openEngine({
    settings: settings.serving,
    profiles: {
      get: async (digest) => profiles.get(digest) ?? null,
      put: async (digest, profile) => void profiles.set(digest, profile),
    },
    log,
  });
  const host = await openModelHost({
    registry: {
      aliased: async () => names.map((name) => ({ model: name, version: 1, artifactPath: `${name}/1` })),
    },
    artifacts,
    // A closed load waits as long as it takes, however slow the machine.
    settings: { ...settings.serving, waitLimitMs: settings.serving.timeoutMs },
    clock,
    metrics,
    log,
    executor: engine,
  });
  Object.assign(service.ports.models, host);
  service.app.route({
    method: "POST",
    url: "/echo",
    config: { contract: { ...routes.infer, path: "/echo" } },
    handler: async (request) => request.body,
  });
  const url = await service.app.listen({ port: 0, host: "127.0.0.1" });
  const states = names.map((name) => [name, host.status(name)] as const);
  console.log(JSON.stringify({ url, token, states, profiles: [...profiles.values()] }));
  process.once("SIGTERM", async () => {
    await service.app.close();
    await host.close();
    await engine.close();
    await service.close();
  });
}

await (mode === "raw" ? measureRaw() : serve());
