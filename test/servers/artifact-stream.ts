/**
 * How a large artifact goes in and out of the service: `node test/servers/artifact-stream.ts [--bytes N] [--store file|s3|gcs] [--rounds N]`.
 * The last line is one JSON object. Needs the disk three times over.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import {
  putArtifact,
  type Round,
  residentBytes,
  runRound,
  writeFreight,
} from "../../tools/bench/artifact-rounds.ts";
import { quantile, round } from "../../tools/bench/statistics.plan.ts";
import { startRuntime } from "../clients/runtime-process.ts";
import { startBuckets } from "./buckets.ts";

const mebibyte = 1024 * 1024;

const stores = ["file", "s3", "gcs"] as const;
type Store = (typeof stores)[number];

/** Figures of one large artifact. */
export interface StreamFigures {
  readonly bytes: number;
  /** Speeds and ratios are medians of so many rounds. */
  readonly rounds: number;
  /** Resident memory of the service before, in MiB, and how much it grew at most meanwhile. */
  readonly rssMiB: number;
  readonly uploadGrowthMiB: number;
  readonly downloadGrowthMiB: number;
  /** Megabytes (10^6 bytes) a second. */
  readonly upload: number;
  readonly download: number;
  /** The same file copied by streams in one process, flushed to disk at the end as uploads are. */
  readonly copy: number;
  readonly uploadToCopy: number;
  readonly downloadToCopy: number;
  /** Whether what came out was what went in. */
  readonly intact: boolean;
}

/** Sends a file of the given size through a service of its own, and fetches it again. */
export async function measureStream(bytes: number, store: Store, rounds = 1): Promise<StreamFigures> {
  const folder = await mkdtemp(join(tmpdir(), "bedplate-stream-"));
  const buckets = store === "file" ? null : await startBuckets(store);
  const runtime = await startRuntime(await buckets?.make("stream"));
  try {
    const freight = await writeFreight(folder, bytes);
    const target = { ...runtime, headers: { authorization: `Bearer ${runtime.token}` } };
    await putArtifact(target, "small", Buffer.from("warm"));
    const before = residentBytes(runtime.pid);
    const all: Round[] = [];
    for (let at = 0; at < rounds; at += 1) all.push(await runRound(target, freight));
    return { bytes, rounds, ...figuresOf(all, before) };
  } finally {
    await runtime.stop();
    await buckets?.stop();
    await rm(folder, { recursive: true });
  }
}

function figuresOf(all: readonly Round[], before: number): Omit<StreamFigures, "bytes" | "rounds"> {
  const inMebibytes = (value: number) => Math.round(value / mebibyte);
  const growth = (way: "upload" | "download") =>
    inMebibytes(Math.max(...all.map((made) => made[way].peakBytes)) - before);
  const median = (of: (made: Round) => number) => round(quantile(all.map(of), 0.5));
  return {
    rssMiB: inMebibytes(before),
    uploadGrowthMiB: growth("upload"),
    downloadGrowthMiB: growth("download"),
    upload: median(({ upload }) => upload.speed),
    download: median(({ download }) => download.speed),
    copy: median(({ copy }) => copy.speed),
    uploadToCopy: median(({ upload, copy }) => upload.speed / copy.speed),
    downloadToCopy: median(({ download, copy }) => download.speed / copy.speed),
    intact: all.every(({ isIntact }) => isIntact),
  };
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      bytes: { type: "string", default: "5368709120" },
      store: { type: "string", default: "file" },
      rounds: { type: "string", default: "1" },
    },
  });
  const store = stores.find((name) => name === values.store);
  if (store === undefined) throw new Error(`--store is one of ${stores.join(", ")}`);
  const figures = await measureStream(Number(values.bytes), store, Number(values.rounds));
  console.log(JSON.stringify({ name: "artifact-stream", store, ...figures }));
}
