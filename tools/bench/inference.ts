import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { ensurePython } from "../peers/python.ts";
import { type Bench, binaryCall, bodyOf, check, json } from "./inference-calls.ts";
import { measureHeavy } from "./inference-heavy.ts";
import { measureLimits } from "./inference-limits.ts";
import { peerScript, processorSeconds, startOurs, type WatchedServer } from "./inference-servers.ts";
import { measureTiny } from "./inference-tiny.ts";
import { type BenchResult, type Options, progress } from "./options.ts";
import { type RawCall, rawLoad } from "./raw-load.ts";
import { onPostgres, prepareOurs } from "./servers.ts";
import { compare, type Ratio, round, spreadOf } from "./statistics.plan.ts";

const packages = [
  "fastapi==0.165.0",
  "uvicorn==0.54.0",
  "httptools==0.9.0",
  "uvloop==0.23.0",
  "onnxruntime==1.30.0",
  "onnx==1.23.2",
  "numpy==2.4.6",
];

const settleMs = 5_000;

/** Our predictions beside an echo of the same server, beside FastAPI, and beside ONNX Runtime alone. */
export async function benchInference(options: Options): Promise<BenchResult> {
  const [rounds, roundMs] = options.isQuick ? [3, 1_000] : [5, 3_000];
  const wants = (key: string) => options.only.length === 0 || options.only.includes(key);
  const python = await ensurePython(packages);
  const folder = await mkdtemp(join(tmpdir(), "bedplate-bench-inference-"));
  try {
    await check(python, [peerScript, "models", folder]);
    const bench = { folder, python, rounds, roundMs };
    const ratios: Record<string, Ratio> = {};
    const limits: Record<string, number> = {};
    const information: Record<string, unknown> = { rounds, roundMs };
    if (wants("idle")) limits["idle-rss-mb"] = await measureIdle();
    if (wants("tiny")) Object.assign(ratios, await measureTiny(bench, limits, information));
    if (wants("binary")) ratios["binary-vs-json-cpu"] = await measureBinary(bench);
    if (wants("heavy")) Object.assign(ratios, await measureHeavy(bench, limits, information));
    if (wants("limits")) Object.assign(limits, await measureLimits(options.isQuick));
    return { name: "inference", ratios, limits, information };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Memory of the service as it is started, over a PostgreSQL server, while it serves no model and nobody asks. */
async function measureIdle(): Promise<number> {
  return onPostgres(async (database) => {
    const ours = await prepareOurs(database);
    const server = await ours.start();
    try {
      await wait(settleMs);
      return round(server.memory() / 1_000_000);
    } finally {
      await server.stop();
      await ours.close();
    }
  });
}

/** Processor time of the service for one image of 3 x 224 x 224 numbers, in and out. */
async function measureBinary({ folder, rounds, roundMs }: Bench): Promise<Ratio> {
  const shape = [1, 3, 224, 224];
  const data = Float32Array.from({ length: 3 * 224 * 224 }, (_, at) => Math.fround(Math.sin(at)));
  const path = "/v2/models/image/infer";
  const calls: Record<"json" | "binary", RawCall> = {
    json: { path, body: bodyOf(shape, [...data]), headers: json },
    binary: binaryCall(path, shape, data),
  };
  const server = await startOurs(folder, null);
  try {
    const spent: Record<keyof typeof calls, number[]> = { json: [], binary: [] };
    for (let at = -1; at < rounds; at++) {
      for (const key of ["json", "binary"] as const) {
        const ms = await processorMs(server, calls[key], roundMs);
        progress(`image as ${key}: ${ms.toFixed(2)} ms of processor time`);
        if (at >= 0) spent[key].push(ms);
      }
    }
    return compare({
      ours: spreadOf(spent.binary),
      peer: spreadOf(spent.json),
      peerName: "the same in JSON",
      unit: "ms of processor time a request",
      better: "less",
    });
  } finally {
    await server.stop();
  }
}

async function processorMs(server: WatchedServer, call: RawCall, durationMs: number): Promise<number> {
  const before = processorSeconds(server.pid);
  const { latencies } = await rawLoad(server, call, { clients: 1, durationMs });
  return ((processorSeconds(server.pid) - before) * 1_000) / latencies.length;
}
