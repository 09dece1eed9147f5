import { getPriority, setPriority } from "node:os";
import { setTimeout as wait } from "node:timers/promises";
import { type Bench, binaryCall } from "./inference-calls.ts";
import { measureRaw, processorSecondsOfAll, startOurs, type WatchedServer } from "./inference-servers.ts";
import { progress } from "./options.ts";
import { rawLoad } from "./raw-load.ts";
import { createSender } from "./served-load.ts";
import { compare, quantile, type Ratio, round, spreadOf } from "./statistics.plan.ts";

interface HeavyModel {
  readonly key: string;
  readonly model: string;
  /** Shape of one row. */
  readonly row: readonly number[];
  /** Rows of one request, and of one call of `session.run` that it is held against. */
  readonly rows: number;
  readonly rawRows: number;
}

const models: readonly HeavyModel[] = [
  { key: "heavy-vs-raw", model: "mlp", row: [1024], rows: 8, rawRows: 64 },
  { key: "heavy-encoder-vs-raw", model: "encoder", row: [64, 128], rows: 1, rawRows: 1 },
];
/** So many that a full batch waits while one runs and another is on its way. */
const clients = 32;
const probeIntervalMs = 10;
const warmUpMs = 6_000;
/** Of the client, which stands for machines elsewhere: it must not wait for the processor that it keeps busy. */
const clientNiceness = -10;

/**
 * Rows a second of models that take milliseconds, in binary, beside `session.run` alone; and how the service answers
 * probes meanwhile.
 */
export async function measureHeavy(
  bench: Bench,
  limits: Record<string, number>,
  information: Record<string, unknown>,
): Promise<Record<string, Ratio>> {
  const server = await startOurs(bench.folder, null);
  try {
    const ratios: Record<string, Ratio> = {};
    const probes: number[] = [];
    for (const model of models) {
      ratios[model.key] = await measureModel(bench, server, model, probes, information);
    }
    limits["health-p99-ms-under-heavy"] = round(quantile(probes, 0.99));
    return ratios;
  } finally {
    await server.stop();
  }
}

/** Sets this process's priority; false where that is not allowed. */
function prefer(niceness: number): boolean {
  try {
    setPriority(niceness);
    return true;
  } catch {
    return false;
  }
}

async function measureModel(
  { folder, rounds, roundMs }: Bench,
  server: WatchedServer,
  { key, model, row, rows, rawRows }: HeavyModel,
  probes: number[],
  information: Record<string, unknown>,
): Promise<Ratio> {
  const shape = [rows, ...row];
  const data = new Float32Array(shape.reduce((size, dimension) => size * dimension, 1)).fill(0.5);
  const call = binaryCall(`/v2/models/${model}/infer`, shape, data);
  const load = () => rawLoad(server, call, { clients, durationMs: roundMs });
  await rawLoad(server, call, { clients, durationMs: warmUpMs });
  const [served, raw]: [number[], number[]] = [[], []];
  const [servedPer, rawPer]: [number[], number[]] = [[], []];
  for (let at = 0; at < rounds; at++) {
    const before = processorSecondsOfAll(server.pid);
    const usual = getPriority();
    information["heavy-client-goes-first"] = prefer(clientNiceness);
    const under = load();
    probes.push(...(await probe(server, roundMs)));
    const { perSecond, latencies } = await under;
    prefer(usual);
    served.push(perSecond * rows);
    servedPer.push((latencies.length * rows) / (processorSecondsOfAll(server.pid) - before));
    const alone = await measureRaw(folder, model, [rawRows, ...row], roundMs);
    raw.push(alone.perSecond);
    rawPer.push(alone.perProcessorSecond);
    progress(`${model}: ${Math.round(served.at(-1) ?? 0)} rows/s served, ${Math.round(raw.at(-1) ?? 0)} raw`);
  }
  information[`${key}-rows-a-processor-second`] = { served: spreadOf(servedPer), raw: spreadOf(rawPer) };
  return compare({
    ours: spreadOf(served),
    peer: spreadOf(raw),
    peerName: `session.run in a process of its own, one thread, rows at once: ${rawRows}`,
    unit: "rows/s",
    better: "more",
  });
}

/** Milliseconds of each of the probes that are sent one after the other, 10 ms apart, on a connection of their own. */
export async function probe(
  { url }: { readonly url: string },
  durationMs: number,
): Promise<readonly number[]> {
  const latencies: number[] = [];
  const sender = createSender();
  const end = performance.now() + durationMs;
  try {
    while (performance.now() < end) {
      const { status, ms } = await sender.send({ url: `${url}/livez`, method: "GET", token: "", body: "" });
      if (status !== 200) throw new Error(`no result: a probe was answered with ${status}`);
      latencies.push(ms);
      await wait(probeIntervalMs);
    }
    return latencies;
  } finally {
    sender.close();
  }
}
