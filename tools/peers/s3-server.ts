import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "./free-port.ts";
import { ensureGoServer, untilAnswering } from "./go-server.ts";

/** A real S3 server (VersityGW over a folder) on a free loopback port. */
export interface S3Server {
  readonly endpoint: string;
  /** File of mode 0600 with the keys, as the runtime reads it. */
  readonly credentialsFile: string;
  /** Makes an empty bucket. */
  readonly createBucket: (name: string) => void;
  readonly stop: () => Promise<void>;
}

const version = "v1.8.0";
const module = "github.com/versity/versitygw/cmd/versitygw";
const keys = { accessKeyId: "test-access-key", secretAccessKey: "test-secret-key" };

export async function startS3Server(): Promise<S3Server> {
  const program = ensureGoServer(module, version);
  const folder = mkdtempSync(join(tmpdir(), "bedplate-s3-"));
  const data = join(folder, "data");
  mkdirSync(data);
  const credentialsFile = join(folder, "credentials.json");
  writeFileSync(credentialsFile, JSON.stringify(keys), { mode: 0o600 });
  const port = await freePort();
  const server = spawn(program, ["--port", `127.0.0.1:${port}`, "posix", data], {
    stdio: "ignore",
    env: { PATH: process.env.PATH, ROOT_ACCESS_KEY: keys.accessKeyId, ROOT_SECRET_KEY: keys.secretAccessKey },
  });
  const stopped = once(server, "exit");
  const endpoint = `http://127.0.0.1:${port}`;
  await untilAnswering(endpoint);
  return {
    endpoint,
    credentialsFile,
    createBucket: (name) => mkdirSync(join(data, name)),
    async stop() {
      server.kill("SIGTERM");
      await stopped;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
