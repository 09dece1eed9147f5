import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { settings, toEnvironment } from "@bedplate/contract";

const root = resolve(import.meta.dirname, "../..");
const consolePath = join(root, "console/dist");
const startLimitMs = 60_000;

interface RuntimeProcess {
  readonly url: string;
  readonly token: string;
  /** The folder below which training programs may run. */
  readonly programRoot: string;
  readonly stop: () => Promise<void>;
}

/** Starts the runtime as the platform does, over a folder of its own, on a free port. */
export async function startRuntime(): Promise<RuntimeProcess> {
  if (!existsSync(join(consolePath, "index.html"))) {
    throw new Error("The console is not built: npm run build -w @bedplate/console, or npm run test:browser.");
  }
  const folder = await mkdtemp(join(tmpdir(), "bedplate-browser-"));
  const token = randomBytes(32).toString("base64url");
  const at = (name: string) => join(folder, name);
  await Promise.all(["sql", "objects", "training", "programs"].map((name) => mkdir(at(name))));
  await writeFile(at("admin-token"), token, { mode: 0o600 });
  const environment = toEnvironment(
    settings.parse({
      stack: "browser",
      owner: "tests",
      environment: "test",
      release: "0.1.0",
      listen: { port: 0 },
      adminTokenFile: at("admin-token"),
      consolePath,
      // Each journey signs in anew, more often in a minute than a person may.
      session: { attemptsPerMinute: 100 },
      // One attempt, so that a refused delivery is given up at once.
      webhooks: { allowedHosts: "127.0.0.1", maxAttempts: 1 },
      connections: {
        objectStore: { kind: "file", path: at("objects") },
        sql: { kind: "pglite", path: at("sql") },
        keyValue: { kind: "sql" },
        eventBus: { kind: "outbox" },
        training: { kind: "process", path: at("training"), programRoot: at("programs") },
      },
    }),
  );
  const child = spawn(
    process.execPath,
    ["--disable-warning=ExperimentalWarning", join(root, "runtime/src/main.ts")],
    {
      env: { PATH: process.env.PATH, HOME: process.env.HOME, ...environment },
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  const lines: string[] = [];
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill("SIGTERM");
      await once(child, "exit");
    }
    await rm(folder, { recursive: true });
  };
  const url = new Promise<string>((found, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      createInterface(stream).on("line", (line) => {
        lines.push(line);
        const listening = /listening at (http[^\s"]+)/.exec(line)?.[1];
        if (listening !== undefined) found(listening);
      });
    }
    child.once("exit", (code) => reject(new Error(`The runtime ended with ${code}:\n${lines.join("\n")}`)));
    AbortSignal.timeout(startLimitMs).onabort = () => reject(new Error(`No start:\n${lines.join("\n")}`));
  });
  try {
    return { url: await url, token, programRoot: at("programs"), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
