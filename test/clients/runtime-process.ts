import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { type ObjectStoreConnection, settings, toEnvironment } from "@bedplate/contract";
import { freePort } from "../../tools/peers/free-port.ts";

/** The real service as a process of its own, over an empty data folder that goes with it. */
export interface RuntimeProcess {
  readonly url: string;
  /** Host and port of the gRPC surface. */
  readonly grpcAddress: string;
  readonly token: string;
  readonly pid: number;
  readonly stop: () => Promise<void>;
}

const root = join(import.meta.dirname, "../..");
const startTimeoutMs = 120_000;

/** Its objects are kept in its data folder unless another place is named. */
export async function startRuntime(objectStore?: ObjectStoreConnection): Promise<RuntimeProcess> {
  const folder = await mkdtemp(join(tmpdir(), "bedplate-clients-"));
  const token = randomBytes(32).toString("base64url");
  const adminTokenFile = join(folder, "admin-token");
  await writeFile(adminTokenFile, token, { mode: 0o600 });
  const sealKeyFile = join(folder, "seal-key");
  await writeFile(sealKeyFile, randomBytes(32).toString("base64url"), { mode: 0o600 });
  await mkdir(join(folder, "training"));
  const [port, grpcPort] = [await freePort(), await freePort()];
  const environment = toEnvironment(
    settings.parse({
      stack: "clients",
      owner: "tester",
      environment: "test",
      release: "0.1.0",
      listen: { port },
      grpc: { port: grpcPort },
      adminTokenFile,
      webhooks: { sealKeyFile, allowedHosts: "127.0.0.1" },
      connections: {
        objectStore: objectStore ?? { kind: "file", path: join(folder, "objects") },
        sql: { kind: "pglite", path: join(folder, "sql") },
        keyValue: { kind: "sql" },
        eventBus: { kind: "outbox" },
        training: { kind: "process", path: join(folder, "training"), programRoot: folder },
      },
    }),
  );
  const child = spawn(
    process.execPath,
    ["--disable-warning=ExperimentalWarning", join(root, "runtime/src/main.ts")],
    { env: { PATH: process.env.PATH, ...environment }, stdio: ["ignore", "pipe", "pipe"] },
  );
  let log = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk: Buffer) => {
      log = `${log}${chunk.toString()}`.slice(-20_000);
    });
  }
  const exited = once(child, "exit");
  const stop = async () => {
    child.kill("SIGTERM");
    await exited;
    await rm(folder, { recursive: true });
  };
  const url = `http://127.0.0.1:${port}`;
  try {
    await untilReady(url, () => child.exitCode !== null);
  } catch (error) {
    await stop();
    throw new Error(`The service did not start: ${String(error)}\n${log}`);
  }
  return { url, grpcAddress: `127.0.0.1:${grpcPort}`, token, pid: child.pid ?? 0, stop };
}

async function untilReady(url: string, hasExited: () => boolean): Promise<void> {
  const deadline = Date.now() + startTimeoutMs;
  while (Date.now() < deadline && !hasExited()) {
    const ready = await fetch(`${url}/readyz`).then(
      ({ ok }) => ok,
      () => false,
    );
    if (ready) return;
    await wait(200);
  }
  throw new Error(hasExited() ? "its process ended" : `no answer in ${startTimeoutMs} ms`);
}
