import { setTimeout as wait } from "node:timers/promises";
import { json } from "./inference-calls.ts";
import { chainFile } from "./limit-models.ts";
import { createRegistrar, type Registrar } from "./model-registrar.ts";
import { progress } from "./options.ts";
import { goFirst, probe } from "./probe.ts";
import { openAnswers, type RawAnswer, type RawCall, rawLoad } from "./raw-load.ts";
import { type Answered, type Call, createSender } from "./served-load.ts";
import type { ServerProcess } from "./server-process.ts";
import { onPostgres, prepareOurs } from "./servers.ts";
import { quantile, round, spreadOf } from "./statistics.plan.ts";

const mebibyte = 1024 ** 2;
const width = 256;
const warmUpMs = 3_000;
const quick = { measureMs: 3_000, swaps: 20, models: 60, requests: 300 };
const whole = { measureMs: 15_000, swaps: 500, models: 1_000, requests: 5_000 };
type Scale = typeof quick;
type Limits = Record<string, number>;

/** A service with settings of its own, whose calls are made with its token. */
interface Served {
  readonly server: ServerProcess;
  readonly registrar: Registrar;
  readonly call: (model: string, columns?: number) => Call;
}

/**
 * What the service holds whatever is asked of it: ten times its capacity, a thousand models with room for twenty, and a
 * champion that is swapped 500 times under load.
 */
export async function measureLimits(isQuick: boolean): Promise<Limits> {
  const scale = isQuick ? quick : whole;
  const limits: Limits = {};
  await onPostgres((database) => withService({}, (served) => health(served, scale, limits), database));
  for (const [key, open] of Object.entries(overloaded)) {
    await withService({ WORKERS: "1", QUEUE_LIMIT: String(places) }, async (served) =>
      overload(served, scale, limits, { key, call: await open(served) }),
    );
  }
  await withService({ WORKERS: "1" }, (served) => swaps(served, scale, limits));
  await withService({ WORKERS: "1", MEMORY_BYTES: String(roomForTwenty) }, (served) =>
    manyModels(served, scale, limits),
  );
  return limits;
}

async function withService(
  serving: Readonly<Record<string, string>>,
  measure: (served: Served) => Promise<void>,
  database: string | null = null,
): Promise<void> {
  const settings = Object.entries(serving).map(([name, value]) => [`BEDPLATE_SERVING_${name}`, value]);
  const direct = { BEDPLATE_HTTP_DIRECT_PREDICTIONS: "true" };
  const startable = await prepareOurs(database, { ...direct, ...Object.fromEntries(settings) });
  try {
    const server = await startable.start();
    const token = server.headers.authorization?.slice("Bearer ".length) ?? "";
    const call = (model: string, columns = width): Call => {
      const inputs = [
        { name: "x", shape: [1, columns], datatype: "FP32", data: new Array(columns).fill(0.5) },
      ];
      const body = JSON.stringify({ inputs });
      return { url: `${server.url}/v2/models/${model}/infer`, method: "POST", token, body };
    };
    try {
      await measure({ server, registrar: createRegistrar({ url: server.url, token }), call });
    } finally {
      await server.stop();
    }
  } finally {
    await startable.close();
  }
}

async function serve(registrar: Registrar, model: string, version: number): Promise<void> {
  const { status, body } = await registrar.promote(model, version);
  if (status !== 200) throw new Error(`${model} is not served: ${status} ${JSON.stringify(body)}`);
}

/** Serves a chain of so many links, one row a call; answers what asks for it. */
async function serveChain({ registrar, call }: Served, links: number): Promise<RawCall> {
  const model = `chain-${links}`;
  const bytes = chainFile({ width, links, rows: 1, seed: 0 });
  await serve(registrar, model, await registrar.register(model, bytes));
  const { url, body } = call(model);
  return { path: new URL(url).pathname, body: Buffer.from(body), headers: json };
}

/** Answers with 200 a second, within the time of the load. */
function goodput(answers: readonly RawAnswer[], durationMs: number): number {
  const inTime = answers.filter(({ status, at, ms }) => status === 200 && at + ms <= durationMs);
  return (inTime.length * 1_000) / durationMs;
}

/** Of the model that is saturated, whatever the machine. */
const slowMs = 30;
const gaugeLinks = 1_000;
const gaugeMs = 1_000;
const slowClients = 8;
const healthRounds = 5;

/** Milliseconds of one row of a chain, asked for by one client alone. */
async function rowMs({ server }: Served, call: RawCall): Promise<number> {
  await rawLoad(server, call, { clients: 1, durationMs: gaugeMs });
  const { latencies } = await rawLoad(server, call, { clients: 1, durationMs: gaugeMs });
  return quantile(latencies, 0.5);
}

/** A chain so long that one row takes about 30 ms here and now. */
async function serveSlow(served: Served): Promise<RawCall> {
  const gauge = await serveChain(served, gaugeLinks);
  return await serveChain(served, Math.round((gaugeLinks * slowMs) / (await rowMs(served, gauge))));
}

/** How soon a probe is answered while a model that takes about 30 ms has as much to do as it can. */
async function health(served: Served, { measureMs }: Scale, limits: Limits): Promise<void> {
  const { server } = served;
  const slow = await serveSlow(served);
  limits["health-model-ms"] = round(await rowMs(served, slow));
  await probe(server, warmUpMs);
  const p99s: number[] = [];
  for (let at = 0; at < healthRounds; at++) {
    const durationMs = measureMs / healthRounds;
    await goFirst(async () => {
      const under = rawLoad(server, slow, { clients: slowClients, durationMs });
      p99s.push(quantile(await probe(server, durationMs), 0.99));
      await under;
    });
    progress(`health: p99 ${p99s.at(-1)?.toFixed(2)} ms`);
  }
  limits["health-p99-ms"] = round(spreadOf(p99s).median);
}

/** Beside the model that takes about 30 ms a small one: then who is turned away costs more than who is answered. */
const overloaded: Readonly<Record<string, (served: Served) => Promise<RawCall>>> = {
  "overload-10x": serveSlow,
  "overload-10x-small": (served) => serveChain(served, 300),
};
/** More than there is room for, so that those who wait for an answer keep nobody from asking. */
const askers = 64;
/** As many as there is room for in the service, by its settings here. */
const places = 4;

async function overload(
  served: Served,
  { measureMs }: Scale,
  limits: Limits,
  { key, call: work }: { readonly key: string; readonly call: RawCall },
): Promise<void> {
  const { server } = served;
  const open = (perSecond: number, durationMs = measureMs) =>
    openAnswers(server, work, { connections: askers, perSecond, durationMs, isPunctual: false });
  await rawLoad(server, work, { clients: places, durationMs: warmUpMs });
  const { perSecond: peak } = await rawLoad(server, work, { clients: places, durationMs: measureMs });
  // What is turned away takes a way of its own through the service, which must be warm too.
  await open(10 * peak, warmUpMs);
  const calm = await open(peak / 2);
  const under = await open(10 * peak);
  const p99 = (answers: readonly RawAnswer[], ...statuses: number[]) => {
    const times = answers.filter(({ status }) => statuses.includes(status)).map(({ ms }) => ms);
    return round(times.length === 0 ? 0 : quantile(times, 0.99));
  };
  limits[`${key}-goodput-of-peak`] = round(goodput(under, measureMs) / peak);
  limits[`${key}-shed-p99-ms`] = p99(under, 429, 503);
  limits[`${key}-admitted-p99-of-unloaded`] = round(p99(under, 200) / p99(calm, 200));
  progress(`${key}: ${Math.round(peak)}/s at the peak, ${under.length} asked at 10x`);
}

async function swaps(served: Served, { swaps: wanted, measureMs }: Scale, limits: Limits): Promise<void> {
  const { server, registrar, call } = served;
  const versions: number[] = [];
  for (const seed of [1, 2, 3]) {
    versions.push(await registrar.register("swapped", chainFile({ width, links: 20, rows: null, seed })));
  }
  for (const version of versions) await serve(registrar, "swapped", version);
  const sender = createSender();
  let failed = 0;
  let isOver = false;
  try {
    const client = async () => {
      while (!isOver) if ((await sender.send(call("swapped"))).status !== 200) failed++;
    };
    const load = Array.from({ length: 4 }, client);
    let mark = 0;
    const markAfter = Math.min(20, Math.ceil(wanted / 2));
    for (let at = 0; at < wanted; at++) {
      await serve(registrar, "swapped", versions[at % versions.length] ?? 1);
      if (at + 1 === markAfter) mark = server.memory();
    }
    await wait(measureMs / 10);
    limits["swaps-done"] = wanted;
    limits["swaps-failed-requests"] = failed;
    limits["swaps-memory-end-of-mark"] = round(server.memory() / mark);
    isOver = true;
    await Promise.all(load);
  } finally {
    isOver = true;
    sender.close();
  }
}

const manyWidth = 768;
const manyFile = () => chainFile({ width: manyWidth, links: 2, rows: null, seed: 0 });
/** As the service counts a model: twice the file, and what a session and its buffers were measured to take. */
const roomForTwenty = 20 * (2 * manyFile().length + 2 * mebibyte);
const clients = 4;

/** Numbers from 0 on, the first one most often: the share of each falls with its rank (Zipf, exponent 1). */
function zipf(count: number): () => number {
  const sums: number[] = [];
  let sum = 0;
  for (let rank = 1; rank <= count; rank++) {
    sum += 1 / rank;
    sums.push(sum);
  }
  return () => {
    const at = Math.random() * sum;
    return sums.findIndex((end) => at < end);
  };
}

async function manyModels(served: Served, { models, requests }: Scale, limits: Limits): Promise<void> {
  const { server, registrar, call } = served;
  const bytes = manyFile();
  for (let at = 0; at < models; at++) {
    await serve(registrar, `m${at}`, await registrar.register(`m${at}`, bytes));
    if (at % 100 === 99) progress(`${at + 1} models`);
  }
  const sender = createSender();
  try {
    const putOut = async () => {
      const { text } = await sender.send({ ...call("m0"), method: "GET", url: `${server.url}/metrics` });
      return Number(/^bedplate_models_put_out_total (\d+)/m.exec(text)?.[1] ?? 0);
    };
    const pick = zipf(models);
    const before = await putOut();
    const answers: Answered[] = [];
    const client = async () => {
      while (answers.length < requests) answers.push(await sender.send(call(`m${pick()}`, manyWidth)));
    };
    await Promise.all(Array.from({ length: clients }, client));
    // In a steady state each model that is loaded puts one out. Those are the slowest answers.
    const cold = Math.min(answers.length, (await putOut()) - before);
    const slowest = answers.map(({ ms }) => ms).sort((a, b) => b - a);
    limits["many-models"] = models;
    limits["many-models-failed-requests"] = answers.filter(({ status }) => status !== 200).length;
    limits["many-models-hit-ratio"] = round(1 - cold / answers.length);
    limits["many-models-cold-p95-ms"] = round(cold === 0 ? 0 : quantile(slowest.slice(0, cold), 0.95));
    limits["many-models-memory-mib"] = round(server.memory() / mebibyte);
  } finally {
    sender.close();
  }
}
