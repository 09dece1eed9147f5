import { randomUUID } from "node:crypto";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { repositoryRoot } from "@bedplate/tools/engine";
import { type ExecaError, execa } from "execa";
import { isForPeople } from "./engine-output.ts";
import type { EngineSession } from "./session.ts";

/** Signals closer together than this are one: a terminal, npm and this process may each pass the same Ctrl-C on. */
const oneSignalMs = 1_000;

interface Interruptible {
  readonly pid?: number | undefined;
  kill(signal: NodeJS.Signals): boolean;
}

/** Passes a request to end on to the engine, which then stops gracefully, and at once when asked again; the answer tells whether it was. */
function passSignals(child: Interruptible): () => boolean {
  let last = 0;
  const onSignal = () => {
    if (Date.now() - last < oneSignalMs) return;
    if (last === 0) process.stderr.write("\nStopping; the engine finishes what it has begun.\n");
    last = Date.now();
    child.kill("SIGINT");
  };
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  for (const signal of signals) process.on(signal, onSignal);
  return () => {
    for (const signal of signals) process.off(signal, onSignal);
    return last > 0;
  };
}

/** How a run of the engine ended. */
export interface EngineResult {
  readonly ok: boolean;
  /** Somebody asked it to stop. */
  readonly interrupted: boolean;
  /** What it did and said, a JSON object a line; empty where it never began. */
  readonly eventLog: string;
}

/**
 * Runs an update of the engine, showing on stderr what it prints for people, or nothing when `quiet`. The engine gets a process group of its own,
 * so that Ctrl-C reaches it once, through us.
 */
export async function runEngine(
  session: EngineSession,
  args: readonly string[],
  options: { readonly quiet?: boolean } = {},
): Promise<EngineResult> {
  const eventLog = join(dirname(session.configFile), `events-${randomUUID()}.json`);
  const color = process.stderr.isTTY ? "always" : "never";
  const all = [...args, "--non-interactive", "--color", color, "--event-log", eventLog];
  const child = execa(session.engine.command, all, {
    cwd: repositoryRoot,
    // The event log is one of the engine's debug options.
    env: { ...session.environment, PULUMI_DEBUG_COMMANDS: "true", PULUMI_CONFIG_PASSPHRASE: undefined },
    stdin: "ignore",
    all: true,
    buffer: false,
    detached: true,
    reject: false,
  });
  const restore = passSignals(child);
  try {
    let blank = true;
    for await (const line of createInterface({ input: child.all })) {
      if (options.quiet || !isForPeople(line) || (blank && line.trim() === "")) continue;
      blank = line.trim() === "";
      process.stderr.write(`${line}\n`);
    }
    const result = await child;
    const log = existsSync(eventLog) ? readFileSync(eventLog, "utf8") : "";
    return { ok: result.exitCode === 0, interrupted: restore(), eventLog: log };
  } finally {
    restore();
    rmSync(eventLog, { force: true });
  }
}

/** Runs a command of the engine that answers on stdout. Throws with what the engine says when it fails. */
export async function askEngine(session: EngineSession, args: readonly string[]): Promise<string> {
  const options = {
    cwd: repositoryRoot,
    env: { ...session.environment, PULUMI_CONFIG_PASSPHRASE: undefined },
    stdin: "ignore" as const,
    timeout: 120_000,
  };
  try {
    return (await execa(session.engine.command, [...args, "--non-interactive"], options)).stdout;
  } catch (error) {
    throw new Error(String((error as ExecaError).stderr || error));
  }
}
