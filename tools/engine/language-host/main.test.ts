import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { credentials, type ServiceError } from "@grpc/grpc-js";
import languageGrpc from "@pulumi/pulumi/proto/language_grpc_pb.js";
import empty from "google-protobuf/google/protobuf/empty_pb.js";
import { expect, test } from "vitest";

const main = join(import.meta.dirname, "main.ts");

test("the host prints its port first, tells its version, and ends when it is asked to", async () => {
  const host = spawn(process.execPath, [
    "--disable-warning=ExperimentalWarning",
    main,
    "--flag",
    "127.0.0.1:1",
  ]);
  const ended = once(host, "close");
  const [port] = await once(createInterface({ input: host.stdout }), "line");
  const client = new languageGrpc.LanguageRuntimeClient(`127.0.0.1:${port}`, credentials.createInsecure());
  const version = await new Promise((resolve, reject) => {
    client.getPluginInfo(new empty.Empty(), (error: ServiceError | null, info: { getVersion(): string }) =>
      error ? reject(error) : resolve(info.getVersion()),
    );
  });
  client.close();
  expect(version).toMatch(/^3\.\d+\.\d+$/);
  host.kill("SIGTERM");
  await ended;
});

test("the host says what starts it when a person does", async () => {
  const host = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", main]);
  const [line] = await once(createInterface({ input: host.stderr }), "line");
  const [status] = await once(host, "close");
  expect(line).toContain("the Pulumi engine starts this program");
  expect(status).toBe(1);
});
