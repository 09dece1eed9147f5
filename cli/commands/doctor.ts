import { existsSync, statfsSync } from "node:fs";
import { freemem, totalmem } from "node:os";
import { dirname, join } from "node:path";
import { findInstalledEngine, repositoryRoot } from "@bedplate/tools/engine";
import { execa } from "execa";
import { isPortTaken, runningRuntime } from "../stack/runtime-process.ts";
import { type LocalStack, openLocalStack, type StackOptions } from "../stack/stack.ts";

/** One thing that was looked at. */
interface Finding {
  readonly name: string;
  /** `missing` stops the platform; `optional` stops only what the text says. */
  readonly state: "ok" | "missing" | "optional";
  readonly found: string;
  /** How to get it. */
  readonly fix?: string;
}

const gibibyte = 1024 ** 3;
const neededDisk = 3 * gibibyte;
const neededMemory = 1.5 * gibibyte;
const inGibibytes = (bytes: number) => `${(bytes / gibibyte).toFixed(1)} GiB`;

async function firstLine(command: string, args: readonly string[]): Promise<string | undefined> {
  const result = await execa(command, args, { reject: false, timeout: 20_000, all: true });
  return result.exitCode === 0 ? result.all.split("\n")[0] : undefined;
}

function node(): Finding {
  return { name: "Node", state: "ok", found: `${process.version} (${process.execPath})` };
}

function dependencies(): Finding {
  const there = existsSync(join(repositoryRoot, "node_modules/.package-lock.json"));
  return there
    ? { name: "npm dependencies", state: "ok", found: "installed" }
    : { name: "npm dependencies", state: "missing", found: "not installed", fix: "npm ci" };
}

async function engine(hasGo: boolean): Promise<Finding> {
  const found = await findInstalledEngine();
  if (found !== undefined) {
    return {
      name: "Pulumi engine",
      state: "ok",
      found: `${found.version}, ${found.source} (${found.command})`,
    };
  }
  const fix = hasGo
    ? "`npx bedplate up` downloads it or builds it with Go"
    : "`npx bedplate up` downloads it; without access to get.pulumi.com, install Go (https://go.dev/dl)";
  return { name: "Pulumi engine", state: "missing", found: "none yet", fix };
}

function tool(name: string, found: string | undefined, fix: string): Finding {
  return found === undefined ? { name, state: "optional", found: "none", fix } : { name, state: "ok", found };
}

async function port(stack: LocalStack, key: "port" | "grpcPort"): Promise<Finding> {
  const number = stack.config[key];
  const name = key === "port" ? `port ${number}` : `port ${number} for gRPC`;
  if (number === 0) return { name: "port for gRPC", state: "ok", found: "none is wanted" };
  const pid = runningRuntime(stack.dataDir);
  if (pid !== undefined) return { name, state: "ok", found: `the runtime's (process ${pid})` };
  if (!(await isPortTaken(number))) return { name, state: "ok", found: "free" };
  const fix = `stop that program, or set another bedplate:${key} in stacks/Pulumi.${stack.name}.yaml`;
  return { name, state: "missing", found: "in use by another program", fix };
}

function disk(stack: LocalStack): Finding {
  let folder = stack.dataDir;
  while (!existsSync(folder)) folder = dirname(folder);
  const { bavail, bsize } = statfsSync(folder);
  const found = `${inGibibytes(bavail * bsize)} free at ${folder}`;
  const enough = bavail * bsize >= neededDisk;
  return {
    name: "disk",
    state: enough ? "ok" : "missing",
    found,
    ...(!enough && { fix: `free ${inGibibytes(neededDisk)}` }),
  };
}

function memory(): Finding {
  const found = `${inGibibytes(freemem())} free of ${inGibibytes(totalmem())}`;
  const enough = totalmem() >= neededMemory;
  return {
    name: "memory",
    state: enough ? "ok" : "missing",
    found,
    ...(!enough && { fix: `${inGibibytes(neededMemory)} are needed` }),
  };
}

/** `bedplate doctor`: what the machine has and lacks; exit status 1 when something needed is missing. */
export async function doctor(options: StackOptions & { readonly json: boolean }): Promise<void> {
  const stack = openLocalStack(options);
  const [go, python] = await Promise.all([firstLine("go", ["version"]), firstLine("python3", ["--version"])]);
  const findings = [
    node(),
    dependencies(),
    await engine(go !== undefined),
    tool(
      "Go",
      go,
      "only to build the engine where it cannot be downloaded: https://go.dev/dl, 1.26 or later",
    ),
    tool(
      "Python",
      python,
      "only for the Python examples and clients: https://www.python.org, 3.10 or later, with venv",
    ),
    await port(stack, "port"),
    await port(stack, "grpcPort"),
    disk(stack),
    memory(),
  ];
  if (options.json) console.log(JSON.stringify(findings));
  else
    for (const { state, name, found, fix } of findings) {
      console.log(`${state.padEnd(9)}${name.padEnd(18)}${found}${fix === undefined ? "" : `: ${fix}`}`);
    }
  if (findings.some(({ state }) => state === "missing")) process.exitCode = 1;
}
