import { startPostgres } from "../peers/postgres.ts";
import { measureLargeSearch } from "./large-search.ts";
import { connect } from "./load.ts";
import { type BenchResult, type Options, progress } from "./options.ts";
import { seedMlflow, seedMlflowRegistry, seedOurRegistry, seedOurs } from "./seed.ts";
import type { ServerProcess } from "./server-process.ts";
import { prepareMlflow, prepareOurs, type Startable } from "./servers.ts";
import { compare, type Ratio, round, spreadOf } from "./statistics.plan.ts";
import { type Scenario, scenarios } from "./tracking-calls.ts";

const clients = 8;
const maxCount = 20_000;
const warmUpMs = 1_000;
const runsOfSearch = 23_500;
const modelsOfSearch = 1_000;
const mebibyte = 1024 * 1024;

interface Pair {
  readonly ours: Startable;
  readonly peer: Startable;
  readonly rounds: number;
  readonly roundMs: number;
}

/** Our service beside a real `mlflow server`, each over a database of its own on one durable PostgreSQL. */
export async function benchTracking(options: Options): Promise<BenchResult> {
  const [rounds, roundMs] = options.isQuick ? [5, 1_000] : [5, 3_000];
  const postgres = await startPostgres({ durable: true });
  const closers: (() => Promise<void>)[] = [postgres.stop];
  try {
    progress(`${postgres.version}; ${rounds} rounds of ${roundMs} ms, ${clients} clients`);
    const wants = (key: string) => options.only.length === 0 || options.only.includes(key);
    const urls = { ours: await postgres.createDatabase("ours"), peer: await postgres.createDatabase("peer") };
    const keys = ["cold-start", "rss", ...scenarios.map(({ key }) => key)];
    const ratios: Record<string, Ratio> = {};
    if (keys.some(wants)) {
      const ours = await prepareOurs(urls.ours);
      closers.push(ours.close);
      const peer = await prepareMlflow(urls.peer);
      closers.push(peer.close);
      Object.assign(ratios, await measurePair({ ours, peer, rounds, roundMs }, urls, wants));
    }
    const large = wants("search-1m") ? await measureLargeSearch(postgres, options) : null;
    const embedded = wants("embedded") ? await measureEmbedded(rounds, roundMs) : {};
    return {
      name: "tracking",
      ratios,
      limits: large?.limits ?? {},
      information: { ...large?.information, ...(wants("embedded") ? { embedded } : {}) },
    };
  } finally {
    for (const close of closers.reverse()) await close();
  }
}

async function measurePair(
  pair: Pair,
  urls: { readonly ours: string; readonly peer: string },
  wants: (key: string) => boolean,
): Promise<Record<string, Ratio>> {
  const measured: Record<string, Ratio> = {};
  progress("the first start of each makes its tables");
  for (const side of [pair.ours, pair.peer]) await (await side.start()).stop();
  if (wants("cold-start")) measured["cold-start"] = await measureColdStart(pair);
  progress("seeding");
  const seed = { experiments: 1, runsOfEach: runsOfSearch };
  await seedOurs(urls.ours, seed);
  await seedMlflow(urls.peer, seed);
  await seedOurRegistry(urls.ours, modelsOfSearch);
  await seedMlflowRegistry(urls.peer, modelsOfSearch);
  const ours = await pair.ours.start();
  try {
    const peer = await pair.peer.start();
    try {
      progress("waiting until both do nothing by themselves");
      for (const side of [ours, peer]) await side.settle();
      for (const scenario of scenarios.filter(({ key }) => wants(key))) {
        measured[scenario.key] = await measureScenario(scenario, ours, peer, pair);
      }
      const memory = [ours.memory() / mebibyte, peer.memory() / mebibyte] as const;
      const sides = { ours: spreadOf([memory[0]]), peer: spreadOf([memory[1]]), peerName: peer.name };
      measured.rss = report("rss", compare({ ...sides, unit: "MiB", better: "less" }));
    } finally {
      await peer.stop();
    }
  } finally {
    await ours.stop();
  }
  return measured;
}

async function measureColdStart({ ours, peer, rounds }: Pair): Promise<Ratio> {
  const times: { ours: number[]; peer: number[] } = { ours: [], peer: [] };
  for (let at = 0; at < rounds; at++) {
    for (const [side, into] of [[ours, times.ours] as const, [peer, times.peer] as const]) {
      const server = await side.start();
      into.push(server.coldStartMs);
      await server.stop();
    }
  }
  const sides = { ours: spreadOf(times.ours), peer: spreadOf(times.peer), peerName: peer.name };
  return report("cold-start", compare({ ...sides, unit: "ms", better: "less" }));
}

/** Rounds in turn, so that what else the machine does meets both. */
async function measureScenario(
  scenario: Scenario,
  ours: ServerProcess,
  peer: ServerProcess,
  { rounds, roundMs }: Pair,
): Promise<Ratio> {
  const sides = await Promise.all(
    [ours, peer].map(async (server) => {
      const connection = connect(server, clients);
      const next = await scenario.prepare(connection.send);
      const go = async (durationMs: number) =>
        (await connection.load(next, { clients, durationMs, maxCount })).perSecond;
      await go(warmUpMs);
      return { go, close: connection.close, rates: [] as number[] };
    }),
  );
  const [a, b] = sides;
  if (a === undefined || b === undefined) throw new Error("two sides");
  for (let at = 0; at < rounds; at++) {
    for (const side of sides) side.rates.push(await side.go(roundMs));
  }
  for (const side of sides) side.close();
  const both = { ours: spreadOf(a.rates), peer: spreadOf(b.rates), peerName: peer.name };
  return report(scenario.key, compare({ ...both, unit: "requests/s", better: "more" }));
}

function report(key: string, ratio: Ratio): Ratio {
  progress(`${key}: ${ratio.ours} against ${ratio.peer} ${ratio.unit} (${ratio.ratio}x)`);
  return ratio;
}

/** Our service over the embedded database, which has no peer. */
async function measureEmbedded(rounds: number, roundMs: number): Promise<Record<string, number>> {
  const embedded = await prepareOurs(null);
  const figures: Record<string, number> = {};
  try {
    const server = await embedded.start();
    try {
      for (const scenario of scenarios.filter(
        ({ key }) => key === "create-run" || key.startsWith("log-batch"),
      )) {
        const connection = connect(server, clients);
        const next = await scenario.prepare(connection.send);
        const rates: number[] = [];
        for (let at = 0; at < rounds; at++) {
          rates.push((await connection.load(next, { clients, durationMs: roundMs, maxCount })).perSecond);
        }
        connection.close();
        figures[scenario.key] = round(spreadOf(rates).median);
        progress(`embedded ${scenario.key}: ${figures[scenario.key]} requests/s`);
      }
      figures.rss = round(server.memory() / mebibyte);
    } finally {
      await server.stop();
    }
    const again = await embedded.start();
    figures["cold-start"] = round(again.coldStartMs);
    await again.stop();
  } finally {
    await embedded.close();
  }
  return figures;
}
