import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { putArtifact, type Round, residentBytes, runRound, writeFreight } from "./artifact-rounds.ts";
import { type BenchResult, type Options, progress } from "./options.ts";
import { prepareOurs } from "./servers.ts";
import { compare, quantile, round, spreadOf } from "./statistics.plan.ts";

const mebibyte = 1024 * 1024;
const gibibyte = 1024 * mebibyte;

function plan({ isQuick, isFull }: Options): { readonly bytes: number; readonly rounds: number } {
  if (isQuick) return { bytes: mebibyte * 256, rounds: 3 };
  return isFull ? { bytes: 5 * gibibyte, rounds: 3 } : { bytes: gibibyte, rounds: 5 };
}

/**
 * A large artifact sent to the service and fetched again, beside a plain copy of the same file: rounds in turn. The
 * service, as the local stack starts it, is a process of its own over the embedded database and a folder.
 */
export async function benchArtifacts(options: Options): Promise<BenchResult> {
  const { bytes, rounds } = plan(options);
  const folder = await mkdtemp(join(tmpdir(), "bedplate-artifacts-"));
  const ours = await prepareOurs(null);
  try {
    const server = await ours.start();
    try {
      const freight = await writeFreight(folder, bytes);
      await putArtifact(server, "small", Buffer.from("warm"));
      const before = residentBytes(server.pid);
      const all: Round[] = [];
      for (let at = 0; at < rounds; at += 1) {
        const made = await runRound(server, freight);
        if (!made.isIntact) throw new Error("what came out is not what went in");
        const { copy, upload, download } = made;
        progress(`MB/s: copy ${copy.speed}, upload ${upload.speed}, download ${download.speed}`);
        all.push(made);
      }
      return report(all, before, bytes);
    } finally {
      await server.stop();
    }
  } finally {
    await ours.close();
    await rm(folder, { recursive: true, force: true });
  }
}

function report(all: readonly Round[], before: number, bytes: number): BenchResult {
  const speeds = (way: "copy" | "upload" | "download") => spreadOf(all.map((made) => made[way].speed));
  const versus = (way: "upload" | "download") =>
    compare({
      ours: speeds(way),
      peer: speeds("copy"),
      peerName: "plain copy",
      unit: "MB/s",
      better: "more",
    });
  const middle = (values: readonly number[]) => round(quantile(values, 0.5));
  const seconds = (way: "copy" | "upload" | "download", side: "clientSeconds" | "serverSeconds") =>
    middle(all.map((made) => (made[way][side] * gibibyte) / bytes));
  const peak = Math.max(...all.flatMap(({ upload, download }) => [upload.peakBytes, download.peakBytes]));
  const ratioOf = (way: "upload" | "download") =>
    middle(all.map((made) => made[way].speed / made.copy.speed));
  return {
    name: "artifacts",
    ratios: { upload: versus("upload"), download: versus("download") },
    limits: { "rss-growth-mib": Math.round((peak - before) / mebibyte) },
    information: {
      bytes,
      rounds: all.length,
      "rss-mib-before": Math.round(before / mebibyte),
      "ratio-by-round": { upload: ratioOf("upload"), download: ratioOf("download") },
      "processor-seconds-per-gib": {
        copy: seconds("copy", "clientSeconds"),
        upload: { service: seconds("upload", "serverSeconds"), client: seconds("upload", "clientSeconds") },
        download: {
          service: seconds("download", "serverSeconds"),
          client: seconds("download", "clientSeconds"),
        },
      },
    },
  };
}
