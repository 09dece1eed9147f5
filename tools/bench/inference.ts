import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { collect, ensurePython } from "../peers/python.ts";
import {
  measureRaw,
  peerScript,
  processorSeconds,
  processorSecondsOfAll,
  startFastapi,
  startOurs,
  type WatchedServer,
} from "./inference-servers.ts";
import { type BenchResult, type Options, progress } from "./options.ts";
import { type RawCall, rawLoad } from "./raw-load.ts";
import { compare, quantile, type Ratio, round, type Spread, spreadOf } from "./statistics.plan.ts";

const packages = [
  "fastapi==0.165.0",
  "uvicorn==0.54.0",
  "httptools==0.9.0",
  "uvloop==0.23.0",
  "onnxruntime==1.30.0",
  "onnx==1.23.2",
  "numpy==2.4.6",
];
const peerName = "FastAPI 0.165.0 + onnxruntime 1.30.0, uvicorn with httptools and uvloop";
const clients = 32;
const warmUpMs = 1_000;
const [serverCore, clientCore] = ["0", "1"];

interface Rounds {
  readonly rounds: number;
  readonly roundMs: number;
}

interface Bench extends Rounds {
  readonly folder: string;
  readonly python: string;
}

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
    const information: Record<string, unknown> = { clients, rounds, roundMs };
    if (wants("tiny")) Object.assign(ratios, await measureTiny(bench, limits, information));
    if (wants("binary")) ratios["binary-vs-json-cpu"] = await measureBinary(bench);
    if (wants("heavy")) ratios["heavy-vs-raw"] = await measureHeavy(bench, limits, information);
    return { name: "inference", ratios, limits, information };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function check(command: string, args: readonly string[]): Promise<void> {
  const { status, output } = await collect(spawn(command, args, { stdio: ["ignore", "pipe", "pipe"] }));
  if (status !== 0) throw new Error(`${command} ${args.join(" ")}: ${output.slice(-2_000)}`);
}

const json = { "content-type": "application/json" };
const bodyOf = (shape: readonly number[], data: readonly number[]) =>
  Buffer.from(JSON.stringify({ inputs: [{ name: "x", shape, datatype: "FP32", data }] }));

/** One core for the server, another for the client; rounds in turn. */
async function measureTiny(
  { folder, python, rounds, roundMs }: Bench,
  limits: Record<string, number>,
  information: Record<string, unknown>,
): Promise<Record<string, Ratio>> {
  const body = bodyOf([1, 4], [5.1, 3.5, 1.4, 0.2]);
  const infer: RawCall = { path: "/v2/models/iris/infer", body, headers: json };
  await check("taskset", ["-p", "-c", clientCore, String(process.pid)]);
  const ours = await startOurs(folder, serverCore);
  try {
    await wait(warmUpMs);
    const peer = await startFastapi(python, folder, serverCore);
    try {
      const sides = {
        infer: { server: ours, call: infer },
        echo: { server: ours, call: { ...infer, path: "/echo" } },
        fastapi: { server: peer, call: infer },
      };
      const rates: Record<keyof typeof sides, number[]> = { infer: [], echo: [], fastapi: [] };
      const spent: Record<keyof typeof sides, number[]> = { infer: [], echo: [], fastapi: [] };
      const p99s: number[] = [];
      for (let at = -1; at < rounds; at++) {
        for (const key of ["infer", "echo", "fastapi"] as const) {
          const { server, call } = sides[key];
          const before = processorSeconds(server.pid);
          const { perSecond, latencies } = await rawLoad(server, call, { clients, durationMs: roundMs });
          if (at < 0) continue;
          rates[key].push(perSecond);
          spent[key].push(((processorSeconds(server.pid) - before) * 1e6) / latencies.length);
          if (key === "infer") p99s.push(quantile(latencies, 0.99));
          progress(
            `${key}: ${Math.round(perSecond)}/s, ${Math.round(spent[key].at(-1) ?? 0)} us of processor time`,
          );
        }
      }
      // Processor time says more than rates where others use the machine too.
      information["processor-us-a-request"] = {
        infer: spreadOf(spent.infer),
        echo: spreadOf(spent.echo),
        fastapi: spreadOf(spent.fastapi),
      };
      limits["v2-json-tiny-p99-ms-closed-loop"] = round(spreadOf(p99s).median);
      const spread = (key: keyof typeof sides): Spread => spreadOf(rates[key]);
      const beside = (key: "echo" | "fastapi", name: string) =>
        compare({
          ours: spread("infer"),
          peer: spread(key),
          peerName: name,
          unit: "requests/s",
          better: "more",
        });
      return {
        "v2-json-tiny-vs-echo": beside("echo", "POST echo of the same server"),
        "v2-json-tiny-vs-fastapi": beside("fastapi", peerName),
      };
    } finally {
      await peer.stop();
    }
  } finally {
    await ours.stop();
    await check("taskset", ["-p", "-c", `${serverCore},${clientCore}`, String(process.pid)]);
  }
}

/** Processor time of the service for one image of 3 x 224 x 224 numbers, in and out. */
async function measureBinary({ folder, rounds, roundMs }: Bench): Promise<Ratio> {
  const shape = [1, 3, 224, 224];
  const data = Float32Array.from({ length: 3 * 224 * 224 }, (_, at) => Math.fround(Math.sin(at)));
  const parameters = { binary_data_size: data.byteLength };
  const head = Buffer.from(
    JSON.stringify({
      inputs: [{ name: "x", shape, datatype: "FP32", parameters }],
      parameters: { binary_data_output: true },
    }),
  );
  const path = "/v2/models/image/infer";
  const calls: Record<"json" | "binary", RawCall> = {
    json: { path, body: bodyOf(shape, [...data]), headers: json },
    binary: {
      path,
      body: Buffer.concat([head, new Uint8Array(data.buffer)]),
      headers: { "inference-header-content-length": String(head.length) },
    },
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

const heavyRows = 8;
const heavyWidth = 1024;

/** The 34 MB network, rows a second, in binary; and how the service answers probes meanwhile. */
async function measureHeavy(
  { folder, rounds, roundMs }: Bench,
  limits: Record<string, number>,
  information: Record<string, unknown>,
): Promise<Ratio> {
  const data = new Float32Array(heavyRows * heavyWidth).fill(0.5);
  const parameters = { binary_data_size: data.byteLength };
  const head = Buffer.from(
    JSON.stringify({ inputs: [{ name: "x", shape: [heavyRows, heavyWidth], datatype: "FP32", parameters }] }),
  );
  const call: RawCall = {
    path: "/v2/models/mlp/infer",
    body: Buffer.concat([head, new Uint8Array(data.buffer)]),
    headers: { "inference-header-content-length": String(head.length) },
  };
  const server = await startOurs(folder, null);
  try {
    await rawLoad(server, call, { clients: 8, durationMs: roundMs });
    const [served, raw, probes]: [number[], number[], number[]] = [[], [], []];
    const [servedPer, rawPer]: [number[], number[]] = [[], []];
    for (let at = 0; at < rounds; at++) {
      const before = processorSecondsOfAll(server.pid);
      const under = rawLoad(server, call, { clients: 8, durationMs: roundMs });
      probes.push(...(await probe(server, roundMs)));
      const { perSecond, latencies } = await under;
      served.push(perSecond * heavyRows);
      servedPer.push((latencies.length * heavyRows) / (processorSecondsOfAll(server.pid) - before));
      const alone = await measureRaw(folder, "mlp", [heavyRows * 8, heavyWidth], roundMs);
      raw.push(alone.perSecond);
      rawPer.push(alone.perProcessorSecond);
      progress(
        `34 MB network: ${Math.round(served.at(-1) ?? 0)} rows/s served, ${Math.round(raw.at(-1) ?? 0)} raw`,
      );
    }
    information["heavy-rows-a-processor-second"] = { served: spreadOf(servedPer), raw: spreadOf(rawPer) };
    limits["health-p99-ms-under-heavy"] = round(quantile(probes, 0.99));
    return compare({
      ours: spreadOf(served),
      peer: spreadOf(raw),
      peerName: `session.run in a process of its own, one thread, ${heavyRows * 8} rows at once`,
      unit: "rows/s",
      better: "more",
    });
  } finally {
    await server.stop();
  }
}

const probeIntervalMs = 10;

async function probe({ url }: WatchedServer, durationMs: number): Promise<readonly number[]> {
  const latencies: number[] = [];
  const end = performance.now() + durationMs;
  while (performance.now() < end) {
    const at = performance.now();
    await (await fetch(`${url}/livez`)).text();
    latencies.push(performance.now() - at);
    await wait(probeIntervalMs);
  }
  return latencies;
}
