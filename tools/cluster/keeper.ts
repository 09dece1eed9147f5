/**
 * Keeps one cluster for the process that started it: `node keeper.ts <bin> <version>`. Says `{"folder"}` on its
 * standard output once the cluster answers; ends the cluster, and removes all of it, when its standard input ends, which
 * also a killed parent does to it. It stands in a process group of its own, so that Ctrl-C in a terminal reaches only
 * its parent.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { freePorts } from "../peers/free-port.ts";
import { birthOf } from "../setup/process-birth.mjs";
import {
  binaryFlags,
  clusterName,
  clusterPaths,
  kwokctlConfig,
  kwokEnvironment,
  portOptions,
  throwAwayFlags,
} from "./kwokctl.ts";

const prefix = "bedplate-cluster-";
const createWithinMs = 240_000;
const deleteWithinMs = 60_000;
/** What is told of what kwokctl said last, when it fails. */
const wordsBytes = 4_000;

const [bin = "", version = ""] = process.argv.slice(2);
const kwokctl = join(bin, "kwokctl");

async function remove(folder: string): Promise<void> {
  await execa(kwokctl, ["delete", "cluster", "--name", clusterName], {
    env: kwokEnvironment(folder, bin, process.env.PATH),
    reject: false,
    timeout: deleteWithinMs,
  });
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}

/** Whether the keeper of a cluster was killed, so that nobody will ever end it. */
function isAbandoned(folder: string): boolean {
  const { keeper } = clusterPaths(folder);
  if (!existsSync(keeper)) return false;
  const { pid, born } = JSON.parse(readFileSync(keeper, "utf8"));
  return birthOf(pid) !== born;
}

async function removeAbandoned(): Promise<void> {
  for (const name of readdirSync(tmpdir()).filter((each) => each.startsWith(prefix))) {
    const folder = join(tmpdir(), name);
    if (isAbandoned(folder)) await remove(folder);
  }
}

async function create(folder: string): Promise<void> {
  const { config, kubeconfig, keeper, log } = clusterPaths(folder);
  writeFileSync(keeper, JSON.stringify({ pid: process.pid, born: birthOf(process.pid) }));
  // JSON is YAML.
  writeFileSync(config, JSON.stringify(kwokctlConfig(version, await freePorts(portOptions.length))));
  const args = ["create", "cluster", "--name", clusterName, "--config", config, "--kubeconfig", kubeconfig];
  // A file and no pipe: the processes that it starts inherit it, and would keep a pipe open for ever.
  const words = openSync(log, "w");
  const child = spawn(kwokctl, [...args, "--wait", "180s", ...binaryFlags(bin), ...throwAwayFlags], {
    env: { ...process.env, ...kwokEnvironment(folder, bin, process.env.PATH) },
    timeout: createWithinMs,
    stdio: ["ignore", words, words],
  });
  const [status] = await once(child, "exit");
  closeSync(words);
  if (status !== 0)
    throw new Error(`kwokctl ended with ${status}: ${readFileSync(log, "utf8").slice(-wordsBytes)}`);
}

const folder = mkdtempSync(join(tmpdir(), prefix));
let ending: Promise<void> | undefined;
function end(status: number): void {
  ending ??= remove(folder).then(() => process.exit(status));
}
for (const signal of ["SIGTERM", "SIGHUP"] as const) process.on(signal, () => end(1));
process.stdin.on("end", () => end(0)).resume();
process.stdout.on("error", () => end(1));
try {
  await removeAbandoned();
  await create(folder);
  if (ending === undefined) process.stdout.write(`${JSON.stringify({ folder })}\n`);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  end(1);
}
