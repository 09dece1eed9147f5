import { type Bench, bodyOf, check, json } from "./inference-calls.ts";
import { startMlserver } from "./inference-peers.ts";
import { processorSecondsOfAll, startFastapi, startOurs, type WatchedServer } from "./inference-servers.ts";
import { startTriton } from "./inference-triton.ts";
import { progress } from "./options.ts";
import { openLoad, type RawCall, rawLoad } from "./raw-load.ts";
import { compare, quantile, type Ratio, round, spreadOf } from "./statistics.plan.ts";

const clients = 32;
/** So long until what a server compiles while it runs is compiled, whatever it is written in. */
const warmUpMs = 8_000;
const [serverCore, clientCore] = ["0", "1"];
/** Of the rate of a closed loop, which is where requests begin to queue. */
const openShare = 0.5;

interface Side {
  readonly name: string;
  readonly server: WatchedServer;
  readonly call: RawCall;
  readonly rates: number[];
  readonly spent: number[];
}

type Figures = Record<string, unknown>;

/** Peers that are compared where they can be installed. */
const peers: Readonly<Record<string, typeof startMlserver>> = {
  mlserver: startMlserver,
  triton: startTriton,
};

/** One core for each server, another for the client; rounds in turn. */
export async function measureTiny(
  bench: Bench,
  limits: Record<string, number>,
  information: Figures,
): Promise<Record<string, Ratio>> {
  await check("taskset", ["-p", "-c", clientCore, String(process.pid)]);
  const stops: (() => Promise<void>)[] = [];
  try {
    const sides = await startSides(bench, stops, information);
    for (const { server, call } of sides.values()) {
      await rawLoad(server, call, { clients, durationMs: warmUpMs });
    }
    const p99s = await alternate(bench, sides);
    // Peers that wait take the core now and then too.
    for (const stop of stops.splice(1).reverse()) await stop();
    limits["v2-json-tiny-p99-ms-closed-loop"] = round(spreadOf(p99s).median);
    limits["v2-json-tiny-p99-ms-half-knee"] = round(await openLoop(bench, sides));
    // Processor time says more than rates where others use the machine too.
    information["processor-us-a-request"] = spreads(sides, ({ spent }) => spent);
    information["tiny-clients"] = clients;
    return ratiosOf(sides);
  } finally {
    for (const stop of stops.reverse()) await stop();
    await check("taskset", ["-p", "-c", `${serverCore},${clientCore}`, String(process.pid)]);
  }
}

const infer: RawCall = {
  path: "/v2/models/iris/infer",
  body: bodyOf([1, 4], [5.1, 3.5, 1.4, 0.2]),
  headers: json,
};

async function startSides(
  { folder, python }: Bench,
  stops: (() => Promise<void>)[],
  information: Figures,
): Promise<ReadonlyMap<string, Side>> {
  const sides = new Map<string, Side>();
  const add = (key: string, name: string, server: WatchedServer, call: RawCall) =>
    sides.set(key, { name, server, call, rates: [], spent: [] });
  const ours = await startOurs(folder, serverCore);
  stops.push(ours.stop);
  add("infer", "bedplate", ours, infer);
  add("echo", "POST echo of the same server", ours, { ...infer, path: "/echo" });
  const fastapi = await startFastapi(python, folder, serverCore);
  stops.push(fastapi.stop);
  const name = "FastAPI 0.165.0 + onnxruntime 1.30.0, uvicorn with httptools and uvloop";
  add("fastapi", name, fastapi, infer);
  for (const [key, start] of Object.entries(peers)) {
    try {
      const peer = await start(folder, serverCore);
      stops.push(peer.stop);
      add(key, peer.name, peer, infer);
    } catch (error) {
      // Its packages are not to be had everywhere; the others are compared all the same.
      const reason = error instanceof Error ? error.message : String(error);
      information[`${key}-skipped`] = reason.slice(0, 500);
      progress(`${key} is left out: ${reason}`);
    }
  }
  return sides;
}

/** A closed loop on each side in turn; our p99 of each round. */
async function alternate(
  { rounds, roundMs }: Bench,
  sides: ReadonlyMap<string, Side>,
): Promise<readonly number[]> {
  const p99s: number[] = [];
  for (let at = 0; at < rounds; at++) {
    for (const [key, { server, call, rates, spent }] of sides) {
      const before = processorSecondsOfAll(server.pid);
      const { perSecond, latencies } = await rawLoad(server, call, { clients, durationMs: roundMs });
      const us = ((processorSecondsOfAll(server.pid) - before) * 1e6) / latencies.length;
      rates.push(perSecond);
      spent.push(us);
      if (key === "infer") p99s.push(quantile(latencies, 0.99));
      progress(`${key}: ${Math.round(perSecond)}/s, ${Math.round(us)} us of processor time`);
    }
  }
  return p99s;
}

/** Our p99 in milliseconds while requests come at half of the rate that a closed loop reached. */
async function openLoop({ rounds, roundMs }: Bench, sides: ReadonlyMap<string, Side>): Promise<number> {
  const side = sides.get("infer");
  if (side === undefined) throw new Error("nothing of ours was measured");
  const perSecond = spreadOf(side.rates).median * openShare;
  const p99s: number[] = [];
  for (let at = 0; at < rounds; at++) {
    const bounds = { connections: clients, perSecond, durationMs: roundMs };
    p99s.push(quantile((await openLoad(side.server, side.call, bounds)).latencies, 0.99));
    progress(`open loop at ${Math.round(perSecond)}/s: p99 ${p99s.at(-1)?.toFixed(2)} ms`);
  }
  return spreadOf(p99s).median;
}

const spreads = (sides: ReadonlyMap<string, Side>, of: (side: Side) => readonly number[]) =>
  Object.fromEntries([...sides].map(([key, side]) => [key, spreadOf(of(side))]));

function ratiosOf(sides: ReadonlyMap<string, Side>): Record<string, Ratio> {
  const ours = spreadOf(sides.get("infer")?.rates ?? []);
  const others = [...sides].filter(([key]) => key !== "infer");
  const compared = others.map(([key, { name, rates }]) => [
    `v2-json-tiny-vs-${key}`,
    compare({ ours, peer: spreadOf(rates), peerName: name, unit: "requests/s", better: "more" }),
  ]);
  return Object.fromEntries(compared) as Record<string, Ratio>;
}
