import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";

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
const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "bedplate", "servers");
const startAttempts = 100;
const keys = { accessKeyId: "test-access-key", secretAccessKey: "test-secret-key" };

export async function startS3Server(): Promise<S3Server> {
  const program = ensureProgram();
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

/** Built once from the Go module proxy and kept in the user's cache folder; needs `go`. */
function ensureProgram(): string {
  const home = join(cache, `versitygw-${version}`);
  const program = join(home, "versitygw");
  if (existsSync(program)) return program;
  const building = mkdtempSync(join(tmpdir(), "bedplate-versitygw-"));
  try {
    process.stderr.write(`building the S3 server ${module}@${version}, once; this takes minutes\n`);
    execFileSync("go", ["install", `${module}@${version}`], {
      env: { ...process.env, GOBIN: building },
      stdio: ["ignore", "ignore", "inherit"],
    });
    mkdirSync(home, { recursive: true });
    execFileSync("cp", [join(building, "versitygw"), `${program}.new`]);
    renameSync(`${program}.new`, program);
  } finally {
    rmSync(building, { recursive: true, force: true });
  }
  return program;
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const address = probe.address();
  probe.close();
  if (address === null || typeof address === "string") throw new Error("no port was given");
  return address.port;
}

async function untilAnswering(endpoint: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await fetch(endpoint);
      return;
    } catch (error) {
      if (attempt === startAttempts) throw error;
      await wait(50);
    }
  }
}
