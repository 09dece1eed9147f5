import { createHash, randomFillSync } from "node:crypto";
import { createReadStream, createWriteStream, readFileSync, writeFileSync } from "node:fs";
import { open, rm } from "node:fs/promises";
import { type IncomingMessage, request } from "node:http";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import type { Target } from "./load.ts";

const mebibyte = 1024 * 1024;
const blockBytes = 16 * mebibyte;
/** What the client reads and writes at once, so that its own share of a transfer is small. */
const clientBytes = 512 * 1024;
/** Clock ticks a second in `/proc`; Linux has given programs this number on every machine for decades. */
const ticksPerSecond = 100;

/** A service, and the process whose memory and processor time are watched. */
export interface WatchedTarget extends Target {
  readonly pid: number;
}

/** One way of moving the file once. */
export interface Transfer {
  /** Megabytes (10^6 bytes) a second. */
  readonly speed: number;
  /** Processor seconds of the side that sends or fetches, and of the service. */
  readonly clientSeconds: number;
  readonly serverSeconds: number;
  /** Highest resident memory of the service meanwhile, in bytes. */
  readonly peakBytes: number;
}

export interface Round {
  /** The file copied by streams in one process, flushed to disk at the end as uploads are. */
  readonly copy: Transfer;
  readonly upload: Transfer;
  readonly download: Transfer;
  /** Whether what came out was what went in. */
  readonly isIntact: boolean;
}

/** A file that is moved, and where to. */
export interface Freight {
  readonly folder: string;
  readonly bytes: number;
  readonly digest: string;
}

const sourceOf = ({ folder }: Pick<Freight, "folder">) => join(folder, "source");

/** Bytes that differ everywhere, so that nothing on the way can save work. */
export async function writeFreight(folder: string, bytes: number): Promise<Freight> {
  const hash = createHash("sha256");
  const block = randomFillSync(Buffer.alloc(blockBytes));
  const handle = await open(sourceOf({ folder }), "w");
  for (let at = 0; at < bytes; at += blockBytes) {
    block.writeDoubleLE(at, 0);
    const part = block.subarray(0, Math.min(blockBytes, bytes - at));
    hash.update(part);
    await handle.write(part);
  }
  await handle.sync();
  await handle.close();
  return { folder, bytes, digest: hash.digest("hex") };
}

/** Copy, upload and download one after another, so that whatever else the machine does falls on all three. */
export async function runRound(target: WatchedTarget, freight: Freight): Promise<Round> {
  const { folder, bytes, digest } = freight;
  const source = sourceOf(freight);
  const landing = join(folder, "landing");
  const copy = await watch(target, bytes, () => copyFlushed(createReadStream(source), landing));
  await rm(landing);
  const upload = await watch(target, bytes, () =>
    putArtifact(target, "large", createReadStream(source, { highWaterMark: clientBytes }), bytes),
  );
  const download = await watch(target, bytes, async () =>
    copyFlushed(await getArtifact(target, "large"), landing, clientBytes),
  );
  const hash = createHash("sha256");
  await pipeline(createReadStream(landing), hash);
  await rm(landing);
  return { copy, upload, download, isIntact: hash.digest("hex") === digest };
}

async function watch(target: WatchedTarget, bytes: number, work: () => Promise<void>): Promise<Transfer> {
  forgetPeak(target.pid);
  const server = processorSeconds(target.pid);
  const client = process.cpuUsage();
  const began = performance.now();
  await work();
  const speed = Math.round(bytes / 1_000 / (performance.now() - began));
  const { user, system } = process.cpuUsage(client);
  return {
    speed,
    clientSeconds: (user + system) / 1_000_000,
    serverSeconds: processorSeconds(target.pid) - server,
    peakBytes: peakBytes(target.pid),
  };
}

async function copyFlushed(from: NodeJS.ReadableStream, to: string, highWaterMark?: number): Promise<void> {
  const limit = highWaterMark === undefined ? {} : { highWaterMark };
  await pipeline(from, createWriteStream(to, { flush: true, ...limit }));
}

/** Linux starts to note the highest resident memory of a process anew. */
function forgetPeak(pid: number): void {
  writeFileSync(`/proc/${pid}/clear_refs`, "5");
}

export const residentBytes = (pid: number): number => memoryBytes(pid, "VmRSS");
const peakBytes = (pid: number): number => memoryBytes(pid, "VmHWM");

function memoryBytes(pid: number, name: "VmRSS" | "VmHWM"): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const [, kibibytes = "0"] = new RegExp(`${name}:\\s+(\\d+)`).exec(status) ?? [];
  return Number(kibibytes) * 1024;
}

function processorSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  // The name before the parenthesis may hold spaces; what follows is counted from the process's state on.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}

const addressOf = ({ url }: Target, name: string) =>
  `${url}/api/2.0/mlflow-artifacts/artifacts/stream/${name}.bin`;

/** Sends bytes to the service. Throws when they are not taken. */
export async function putArtifact(
  target: Target,
  name: string,
  content: Buffer | NodeJS.ReadableStream,
  bytes?: number,
): Promise<void> {
  const headers = {
    ...target.headers,
    "content-type": "application/octet-stream",
    ...(bytes !== undefined && { "content-length": bytes }),
  };
  const outgoing = request(addressOf(target, name), { method: "PUT", headers });
  const answered = answerOf(outgoing);
  if (Buffer.isBuffer(content)) outgoing.end(content);
  else await pipeline(content, outgoing);
  (await answered).resume();
}

function getArtifact(target: Target, name: string): Promise<IncomingMessage> {
  const outgoing = request(addressOf(target, name), { headers: target.headers });
  outgoing.end();
  return answerOf(outgoing);
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
