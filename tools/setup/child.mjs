import { spawn } from "node:child_process";
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";

/** Root folder of the repository. */
export const root = resolve(dirname(fileURLToPath(import.meta.url)), "../..");

/** Something that a person can put right; shown without a stack trace. */
export class SetupError extends Error {}

const kept = 200;

/**
 * Runs a program, its output hidden or passed through, and answers its exit status and the last lines it wrote.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ show?: boolean, env?: Record<string, string | undefined>, onLine?: (line: string) => void }} [options]
 * @returns {Promise<{ status: number, output: string }>}
 */
export function runChild(command, args, { show = false, env = {}, onLine } = {}) {
  return new Promise((resolveRun, reject) => {
    const child = spawn(command, args, {
      cwd: root,
      env: { ...process.env, ...env },
      stdio: ["ignore", show ? "inherit" : "pipe", show ? "inherit" : "pipe"],
    });
    /** @type {string[]} */
    const lines = [];
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding("utf8").on("data", (/** @type {string} */ chunk) => {
        for (const line of chunk.split("\n")) {
          if (line.trim() === "") continue;
          lines.push(line);
          onLine?.(line);
        }
        lines.splice(0, lines.length - kept);
      });
    }
    const forward = forwardSignals(child);
    child.once("error", (error) => {
      forward();
      reject(error);
    });
    child.once("close", (code, signal) => {
      forward();
      resolveRun({ status: code ?? (signal === "SIGINT" ? 130 : 143), output: lines.join("\n") });
    });
  });
}

/**
 * Waits for the child when this process is asked to end: a terminal's Ctrl-C reaches the child by itself, other signals
 * are passed on. Gives back the way to stop doing so.
 * @param {import("node:child_process").ChildProcess} child
 */
function forwardSignals(child) {
  const onInterrupt = () => {
    if (!process.stdin.isTTY) child.kill("SIGINT");
  };
  const onTerminate = () => child.kill("SIGTERM");
  process.on("SIGINT", onInterrupt);
  process.on("SIGTERM", onTerminate);
  return () => {
    process.off("SIGINT", onInterrupt);
    process.off("SIGTERM", onTerminate);
  };
}

/**
 * The npm that runs us, else the one on PATH: a command and its first arguments.
 * @param {string} [node] The Node to run it on, where the npm is known as a script; this process's own when left out.
 */
export function npmCommand(node = process.execPath) {
  const script = process.env.npm_execpath;
  if (script !== undefined && /npm-cli\.c?js$/.test(script)) return [node, script];
  return [process.platform === "win32" ? "npm.cmd" : "npm"];
}
