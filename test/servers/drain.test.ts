import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { Agent, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { settings as schema, toEnvironment } from "@bedplate/contract";
import { afterEach, expect, test } from "vitest";
import { openGrpcClient } from "../../runtime/testing/grpc-client.ts";
import { freePort } from "../../tools/peers/free-port.ts";

const token = randomBytes(32).toString("base64url");
const main = join(import.meta.dirname, "../../runtime/src/main.ts");
const closers: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (let close = closers.pop(); close !== undefined; close = closers.pop()) await close();
});

async function startService(drainDelayMs: number) {
  const folder = await mkdtemp(join(tmpdir(), "bedplate-drain-"));
  closers.push(() => rm(folder, { recursive: true }));
  const adminTokenFile = join(folder, "admin-token");
  await writeFile(adminTokenFile, token, { mode: 0o600 });
  const [port, grpcPort] = [await freePort(), await freePort()];
  const settings = schema.parse({
    stack: "test",
    owner: "tester",
    environment: "test",
    release: "0.0.0",
    listen: { port },
    grpc: { port: grpcPort },
    http: { drainDelayMs },
    adminTokenFile,
    connections: {
      objectStore: { kind: "file", path: join(folder, "objects") },
      sql: { kind: "pglite", path: join(folder, "sql") },
      keyValue: { kind: "sql" },
      eventBus: { kind: "outbox" },
      training: { kind: "process", path: join(folder, "training"), programRoot: folder },
    },
  });
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", main], {
    env: { PATH: process.env.PATH, ...toEnvironment(settings) },
    stdio: "ignore",
  });
  const exited = once(child, "exit");
  closers.push(() => child.exitCode ?? child.kill("SIGKILL"));
  return { child, exited, port, grpcAddress: `127.0.0.1:${grpcPort}` };
}

/** One answer's status over a connection that is kept open; 0 where there is none. */
function ask(port: number, path: string, agent?: Agent): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>();
  const headers = { authorization: `Bearer ${token}` };
  const sent = request({ host: "127.0.0.1", port, path, headers, ...(agent === undefined ? {} : { agent }) });
  sent.on("response", (answer) => {
    answer.resume().on("end", () => resolve(answer.statusCode ?? 0));
  });
  sent.on("error", () => resolve(0));
  sent.end();
  return promise;
}

test("after SIGTERM readiness says no at once, everything is answered for the set time, and then it ends", async () => {
  const { child, exited, port, grpcAddress } = await startService(3_000);
  await expect.poll(() => ask(port, "/readyz"), { timeout: 120_000, interval: 100 }).toBe(200);
  const grpc = openGrpcClient(grpcAddress, token);
  closers.push(() => grpc.close());
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  closers.push(() => agent.destroy());
  expect(await ask(port, "/v2", agent)).toBe(200);
  child.kill("SIGTERM");
  await expect.poll(() => ask(port, "/readyz"), { timeout: 60_000, interval: 20 }).toBe(503);
  // Old connections and new ones, HTTP and gRPC.
  expect(await ask(port, "/v2", agent)).toBe(200);
  expect(await ask(port, "/v2")).toBe(200);
  expect(await ask(port, "/livez")).toBe(200);
  expect(await grpc.call("ServerReady", {})).toEqual({ ready: false });
  expect(await grpc.call("ServerMetadata", {})).toMatchObject({ name: "bedplate" });
  expect((await exited)[0]).toBe(0);
  expect(await ask(port, "/livez")).toBe(0);
});
