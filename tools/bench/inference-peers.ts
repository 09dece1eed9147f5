import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { copyFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { freePort } from "../peers/free-port.ts";
import { ensurePython } from "../peers/python.ts";
import { pinned, stopChild, type WatchedServer } from "./inference-servers.ts";

/** A server of somebody else's that predicts with the same model; named by what it is. */
export interface Peer extends WatchedServer {
  readonly name: string;
}

const startTimeoutMs = 120_000;
const pollIntervalMs = 100;

interface Start {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cores: string | null;
  readonly port: number;
  readonly ready: string;
  readonly folder: string;
}

/** Starts a peer and waits until it is ready. Throws the end of what it printed when it does not come up. */
export async function startPeer({
  command,
  args,
  env,
  cores,
  port,
  ready,
  folder,
}: Start): Promise<WatchedServer> {
  const child = spawn(...pinned(cores, command, args), {
    stdio: ["ignore", "pipe", "pipe"],
    cwd: folder,
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env },
  });
  const kill = () => child.kill("SIGKILL");
  process.once("exit", kill);
  let log = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk: Buffer) => {
      log = `${log}${chunk.toString()}`.slice(-6_000);
    });
  }
  const stop = async () => {
    process.off("exit", kill);
    await stopChild(child);
    await rm(folder, { recursive: true, force: true });
  };
  const url = `http://127.0.0.1:${port}`;
  if (await isUp(child, `${url}${ready}`)) return { url, headers: {}, pid: child.pid ?? 0, stop };
  await stop();
  throw new Error(`it did not start: ${log.trim().split("\n").slice(-40).join(" | ")}`);
}

async function isUp(child: ChildProcess, url: string): Promise<boolean> {
  const failed = once(child, "error").then(
    () => true,
    () => true,
  );
  const begin = performance.now();
  while (performance.now() - begin < startTimeoutMs) {
    if (child.exitCode !== null) return false;
    const ready = await fetch(url).then(
      ({ ok }) => ok,
      () => false,
    );
    if (ready) return true;
    if (await Promise.race([failed, wait(pollIntervalMs, false)])) return false;
  }
  return false;
}

/**
 * MLServer from PyPI with a runtime for ONNX, otherwise as it comes: one process beside the server runs the model. Its
 * processes do not start with a newer uvloop.
 */
export async function startMlserver(models: string, cores: string | null): Promise<Peer> {
  const version = "1.7.1";
  const python = await ensurePython([`mlserver==${version}`, "uvloop==0.21.0", "onnxruntime==1.30.0"]);
  const folder = await mkdtemp(join(tmpdir(), "bedplate-bench-mlserver-"));
  await copyFile(join(import.meta.dirname, "inference_mlserver.py"), join(folder, "inference_mlserver.py"));
  const [port, grpcPort, metricsPort] = [await freePort(), await freePort(), await freePort()];
  const settings = { host: "127.0.0.1", http_port: port, grpc_port: grpcPort, metrics_port: metricsPort };
  await writeFile(join(folder, "settings.json"), JSON.stringify(settings));
  const model = {
    name: "iris",
    implementation: "inference_mlserver.OnnxModel",
    parameters: { uri: join(models, "iris.onnx"), version: "1" },
  };
  await writeFile(join(folder, "model-settings.json"), JSON.stringify(model));
  const server = await startPeer({
    command: join(dirname(python), "mlserver"),
    args: ["start", "."],
    env: { PYTHONPATH: folder },
    cores,
    port,
    ready: "/v2/models/iris/ready",
    folder,
  });
  return { ...server, name: `MLServer ${version} + onnxruntime 1.30.0` };
}
