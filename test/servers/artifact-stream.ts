/**
 * How a large artifact goes in and out of the service: `node test/servers/artifact-stream.ts [--bytes N] [--store file|s3] [--rounds N]`.
 * The last line is one JSON object. Needs the disk three times over.
 */
import { createHash, randomFillSync } from "node:crypto";
import { createReadStream, createWriteStream, readFileSync } from "node:fs";
import { mkdtemp, open, rm } from "node:fs/promises";
import { type IncomingMessage, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { parseArgs } from "node:util";
import { startS3Server } from "../../tools/peers/s3-server.ts";
import { type RuntimeProcess, startRuntime } from "../clients/runtime-process.ts";

const mebibyte = 1024 * 1024;
const blockBytes = 16 * mebibyte;
const sampleMs = 20;

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
export async function measureStream(bytes: number, store: "file" | "s3", rounds = 1): Promise<StreamFigures> {
  const folder = await mkdtemp(join(tmpdir(), "bedplate-stream-"));
  const s3 = store === "s3" ? await startS3Server() : null;
  s3?.createBucket("stream");
  const runtime = await startRuntime(
    s3 === null
      ? undefined
      : {
          kind: "s3",
          endpoint: s3.endpoint,
          region: "us-east-1",
          bucket: "stream",
          prefix: "",
          pathStyle: true,
          credentialsFile: s3.credentialsFile,
        },
  );
  try {
    const source = join(folder, "source");
    const digest = await writeSource(source, bytes);
    await exchange(runtime, "small", Buffer.from("warm"));
    const before = residentBytes(runtime.pid);
    const all: Round[] = [];
    for (let round = 0; round < rounds; round += 1) all.push(await runRound(runtime, folder, bytes, digest));
    return {
      bytes,
      rounds,
      rssMiB: inMebibytes(before),
      uploadGrowthMiB: inMebibytes(Math.max(...all.map(({ upload }) => upload.peak)) - before),
      downloadGrowthMiB: inMebibytes(Math.max(...all.map(({ download }) => download.peak)) - before),
      upload: median(all.map(({ upload }) => upload.speed)),
      download: median(all.map(({ download }) => download.speed)),
      copy: median(all.map(({ copy }) => copy)),
      uploadToCopy: rounded(median(all.map(({ upload, copy }) => upload.speed / copy))),
      downloadToCopy: rounded(median(all.map(({ download, copy }) => download.speed / copy))),
      intact: all.every(({ intact }) => intact),
    };
  } finally {
    await runtime.stop();
    await s3?.stop();
    await rm(folder, { recursive: true });
  }
}

interface Round {
  readonly copy: number;
  readonly upload: { readonly speed: number; readonly peak: number };
  readonly download: { readonly speed: number; readonly peak: number };
  readonly intact: boolean;
}

/** Copy, upload and download one after another, so that whatever else the machine does falls on all three. */
async function runRound(
  runtime: RuntimeProcess,
  folder: string,
  bytes: number,
  digest: string,
): Promise<Round> {
  const source = join(folder, "source");
  const target = join(folder, "target");
  const copy = await timed(bytes, () => copyFlushed(createReadStream(source), target));
  await rm(target);
  const upload = await watched(runtime, bytes, () =>
    exchange(runtime, "large", createReadStream(source), bytes),
  );
  const download = await watched(runtime, bytes, async () =>
    copyFlushed(await get(runtime, "large"), target),
  );
  const hash = createHash("sha256");
  await pipeline(createReadStream(target), hash);
  await rm(target);
  return { copy, upload, download, intact: hash.digest("hex") === digest };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

const rounded = (value: number) => Math.round(value * 100) / 100;
const inMebibytes = (value: number) => Math.round(value / mebibyte);

async function timed(bytes: number, work: () => Promise<void>): Promise<number> {
  const started = performance.now();
  await work();
  return Math.round(bytes / 1_000 / (performance.now() - started));
}

/** Bytes that differ everywhere, so that nothing on the way can save work; returns their digest. */
async function writeSource(path: string, bytes: number): Promise<string> {
  const hash = createHash("sha256");
  const block = randomFillSync(Buffer.alloc(blockBytes));
  const handle = await open(path, "w");
  for (let at = 0; at < bytes; at += blockBytes) {
    block.writeDoubleLE(at, 0);
    const part = block.subarray(0, Math.min(blockBytes, bytes - at));
    hash.update(part);
    await handle.write(part);
  }
  await handle.sync();
  await handle.close();
  return hash.digest("hex");
}

async function copyFlushed(from: NodeJS.ReadableStream, to: string): Promise<void> {
  await pipeline(from, createWriteStream(to, { flush: true }));
}

function residentBytes(pid: number): number {
  const [, kibibytes = "0"] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
  return Number(kibibytes) * 1024;
}

async function watched(runtime: RuntimeProcess, bytes: number, work: () => Promise<void>) {
  let peak = 0;
  const timer = setInterval(() => {
    peak = Math.max(peak, residentBytes(runtime.pid));
  }, sampleMs);
  try {
    return { speed: await timed(bytes, work), peak: Math.max(peak, residentBytes(runtime.pid)) };
  } finally {
    clearInterval(timer);
  }
}

const addressOf = (runtime: RuntimeProcess, name: string) =>
  `${runtime.url}/api/2.0/mlflow-artifacts/artifacts/stream/${name}.bin`;

async function exchange(
  runtime: RuntimeProcess,
  name: string,
  content: Buffer | NodeJS.ReadableStream,
  bytes?: number,
): Promise<void> {
  const headers = {
    authorization: `Bearer ${runtime.token}`,
    "content-type": "application/octet-stream",
    ...(bytes !== undefined && { "content-length": bytes }),
  };
  const outgoing = request(addressOf(runtime, name), { method: "PUT", headers });
  const answered = answerOf(outgoing);
  if (Buffer.isBuffer(content)) outgoing.end(content);
  else await pipeline(content, outgoing);
  (await answered).resume();
}

function answerOf(outgoing: ReturnType<typeof request>): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    outgoing.on("error", reject);
    outgoing.on("response", (answer) => {
      if (answer.statusCode === 200) resolve(answer);
      else reject(new Error(`answered ${answer.statusCode}`));
    });
  });
}

function get(runtime: RuntimeProcess, name: string): Promise<IncomingMessage> {
  const outgoing = request(addressOf(runtime, name), {
    headers: { authorization: `Bearer ${runtime.token}` },
  });
  outgoing.end();
  return answerOf(outgoing);
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      bytes: { type: "string", default: "5368709120" },
      store: { type: "string", default: "file" },
      rounds: { type: "string", default: "1" },
    },
  });
  const figures = await measureStream(
    Number(values.bytes),
    values.store === "s3" ? "s3" : "file",
    Number(values.rounds),
  );
  console.log(JSON.stringify({ name: "artifact-stream", store: values.store, ...figures }));
}
