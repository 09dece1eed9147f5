import { type Bench, binaryCall } from "./inference-calls.ts";
import { measureRaw, processorSecondsOfAll, startOurs, type WatchedServer } from "./inference-servers.ts";
import { progress } from "./options.ts";
import { goFirst, probe } from "./probe.ts";
import { rawLoad } from "./raw-load.ts";
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
const warmUpMs = 6_000;

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
    const { perSecond, latencies } = await goFirst(async (isFirst) => {
      information["heavy-client-goes-first"] = isFirst;
      const under = load();
      probes.push(...(await probe(server, roundMs)));
      return await under;
    });
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
