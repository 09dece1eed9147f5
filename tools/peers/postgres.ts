import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import pg from "pg";
import { freePort } from "./free-port.ts";

/** A real PostgreSQL server on a free loopback port, over a folder that goes with it. */
export interface PostgresServer {
  /** Makes an empty database and returns its URL. */
  readonly createDatabase: (name: string) => Promise<string>;
  readonly version: string;
  /** SIGKILL, and a start over the same files and port; back when it answers. */
  readonly crash: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

const installations = "/usr/lib/postgresql";
const startAttempts = 100;

interface PostgresOptions {
  /** Whether commits wait for the disk and a gibibyte is for pages, as in production; tests are faster without. Not by default. */
  readonly durable?: boolean;
}

/** Starts the newest installed PostgreSQL with its own defaults. Throws when none is installed. */
export async function startPostgres({ durable = false }: PostgresOptions = {}): Promise<PostgresServer> {
  const bin = findBinaries();
  const folder = mkdtempSync(join(tmpdir(), "bedplate-postgres-"));
  const data = join(folder, "data");
  const account = serverAccount();
  if (account !== null) chownSync(folder, account.uid, account.gid);
  const as = account ?? {};
  writeFileSync(join(folder, "password"), "test-password", { mode: 0o644 });
  const password = `--pwfile=${join(folder, "password")}`;
  execFileSync(
    join(bin, "initdb"),
    ["-D", data, "-U", "bedplate", "-A", "scram-sha-256", "-E", "UTF8", password],
    as,
  );
  const port = await freePort();
  const settings = [
    "-c",
    "listen_addresses=127.0.0.1",
    "-c",
    `unix_socket_directories=${folder}`,
    "-c",
    `fsync=${durable ? "on" : "off"}`,
    ...(durable ? ["-c", "shared_buffers=1GB"] : []),
  ];
  const urlOf = (database: string) => `postgres://bedplate:test-password@127.0.0.1:${port}/${database}`;
  const launch = () => {
    const command = ["-D", data, "-p", String(port), ...settings];
    return untilAnswering(urlOf("postgres"), () =>
      spawn(join(bin, "postgres"), command, { ...as, stdio: "ignore" }),
    );
  };
  let server: ChildProcess | null = null;
  const abandon = () => {
    server?.kill("SIGQUIT");
    rmSync(folder, { recursive: true, force: true });
  };
  process.once("exit", abandon);
  server = await launch();
  const end = async (signal: NodeJS.Signals) => {
    if (server === null) return;
    const stopped = once(server, "exit");
    server.kill(signal);
    await stopped;
    server = null;
  };
  return {
    version: execFileSync(join(bin, "postgres"), ["--version"], { encoding: "utf8" }).trim(),
    createDatabase: async (name) => {
      await query(urlOf("postgres"), `create database ${name}`);
      return urlOf(name);
    },
    crash: async () => {
      await end("SIGKILL");
      server = await launch();
    },
    stop: async () => {
      await end("SIGINT");
      process.off("exit", abandon);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function findBinaries(): string {
  const versions = existsSync(installations) ? readdirSync(installations).sort() : [];
  const bin = versions
    .map((version) => join(installations, version, "bin"))
    .findLast((at) => existsSync(join(at, "initdb")));
  if (bin === undefined) throw new Error("No PostgreSQL server here. Get one: apt-get install postgresql");
  return bin;
}

/** PostgreSQL refuses to run as root; its package brings an account for it. */
function serverAccount(): { uid: number; gid: number } | null {
  if (userInfo().uid !== 0) return null;
  const idOf = (flag: string) => Number(execFileSync("id", [flag, "postgres"], { encoding: "utf8" }));
  return { uid: idOf("-u"), gid: idOf("-g") };
}

async function query(url: string, text: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(text);
  } finally {
    await client.end();
  }
}

/** Starts a server until one answers: after a crash the first may find that the old one's processes are not gone yet. */
async function untilAnswering(url: string, start: () => ChildProcess): Promise<ChildProcess> {
  let server = start();
  for (let attempt = 1; ; attempt++) {
    if (server.exitCode !== null) server = start();
    try {
      await query(url, "select 1");
      return server;
    } catch (error) {
      if (attempt === startAttempts) {
        server.kill("SIGQUIT");
        throw error;
      }
      await wait(100);
    }
  }
}
