import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, realpath, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { execa } from "execa";
import type { OnProgress } from "../build/go-build.ts";
import { buildEngine } from "./build-engine.ts";
import type { Engine } from "./engine.ts";
import { installHostScripts } from "./host-scripts.ts";
import { isUsable, minimumVersion, readVersion, usableVersions } from "./version.ts";

/** A way to come by an engine, and why it did not work. */
interface Refusal {
  readonly way: string;
  readonly reason: string;
}

/** No way to come by an engine worked; the message names all of them. */
export class EngineNotFound extends Error {
  constructor(refusals: readonly Refusal[]) {
    const lines = refusals.map((refusal, index) => `  ${index + 1}. ${refusal.way}: ${refusal.reason}`);
    super(
      `There is no Pulumi engine (${minimumVersion} or later, major version 3). One of these ways is needed:\n${lines.join("\n")}`,
    );
    this.name = "EngineNotFound";
  }
}

/** `PULUMI_HOME` as the engine itself decides it. */
export function pulumiHome(): string {
  return process.env.PULUMI_HOME || join(homedir(), ".pulumi");
}

async function versionOf(command: string): Promise<string | undefined> {
  const environment = { PULUMI_SKIP_UPDATE_CHECK: "true" };
  const result = await execa(command, ["version"], { env: environment, reject: false, timeout: 15_000 });
  return result.exitCode === 0 ? readVersion(result.stdout) : undefined;
}

/** Whether the file is the script that `bedplate env` puts before the engine. */
async function isWrapper(file: string): Promise<boolean> {
  const { size } = await stat(file);
  return size < 10_000 && (await readFile(file, "utf8")).includes("# bedplate");
}

/** Every `pulumi` on PATH but the shims of npm packages, which are no engines but fetch one. */
async function commandsOnPath(): Promise<string[]> {
  const commands: string[] = [];
  for (const folder of (process.env.PATH ?? "").split(delimiter)) {
    const command = join(folder, "pulumi");
    if (folder === "" || folder.includes("node_modules") || !existsSync(command)) continue;
    const target = await realpath(command);
    if (!target.includes("node_modules") && !(await isWrapper(target))) commands.push(command);
  }
  return commands;
}

const hasLanguageHost = (bin: string) =>
  [bin, ...(process.env.PATH ?? "").split(delimiter)].some((folder) =>
    existsSync(join(folder, "pulumi-language-nodejs")),
  );

async function findOnPath(home: string): Promise<Engine | string> {
  const seen: string[] = [];
  for (const command of await commandsOnPath()) {
    const target = await realpath(command);
    if (target.startsWith(join(home, "versions"))) continue;
    const version = await versionOf(command);
    if (version === undefined) seen.push(`${command} does not tell its version`);
    else if (!isUsable(version)) seen.push(`${command} is version ${version}`);
    else if (!hasLanguageHost(dirname(target))) seen.push(`${command} comes without pulumi-language-nodejs`);
    else return { command, version, source: "path", home };
  }
  return seen.length > 0 ? seen.join("; ") : "there is none on PATH (https://www.pulumi.com/docs/install)";
}

async function findInCache(home: string): Promise<Engine | string> {
  const versions = join(home, "versions");
  const names = existsSync(versions) ? await readdir(versions) : [];
  const seen: string[] = [];
  for (const version of usableVersions(names)) {
    const bin = join(versions, version, "bin");
    const command = join(bin, "pulumi");
    if (!existsSync(command)) continue;
    const told = await versionOf(command);
    try {
      await installHostScripts(bin);
      if (told === version) return { command, version, source: "cache", home };
      seen.push(`${command} tells version ${told ?? "none"}`);
    } catch (error) {
      seen.push(`${bin} has no language host, and cannot be written (${String(error)})`);
    }
  }
  return seen.length > 0 ? seen.join("; ") : `there is none in ${versions}`;
}

/** The engine that is here already, on PATH or fetched before; undefined when there is none. */
export async function findInstalledEngine(): Promise<Engine | undefined> {
  const home = pulumiHome();
  for (const find of [findOnPath, findInCache]) {
    const found = await find(home);
    if (typeof found !== "string") return found;
  }
  return undefined;
}

/**
 * The engine to use: `pulumi` on PATH, else one that was fetched or built before (`$PULUMI_HOME/versions/<version>/bin`),
 * else the official download, else a build from Go modules. Throws `EngineNotFound`, which names the four ways.
 */
export async function findEngine(options: { onProgress?: OnProgress } = {}): Promise<Engine> {
  const onProgress = options.onProgress ?? (() => {});
  const home = pulumiHome();
  const onPath = await findOnPath(home);
  if (typeof onPath !== "string") return onPath;
  const cached = await findInCache(home);
  if (typeof cached !== "string") return cached;
  const refusals = [
    { way: "`pulumi` on PATH", reason: onPath },
    { way: "an engine fetched before", reason: cached },
  ];
  const make = [
    // Loaded when it is needed: Pulumi's own package takes half a second.
    {
      way: "the official download",
      source: "download",
      from: async (versions: string, tell: OnProgress) =>
        (await import("./download-engine.ts")).downloadEngine(versions, tell),
    },
    { way: "a build from source with Go", source: "built", from: buildEngine },
  ] as const;
  for (const { way, source, from } of make) {
    try {
      const versions = join(home, "versions");
      await mkdir(versions, { recursive: true });
      const made = await from(versions, onProgress);
      await installHostScripts(dirname(made.command));
      return { ...made, source, home };
    } catch (error) {
      refusals.push({ way, reason: error instanceof Error ? error.message : String(error) });
    }
  }
  throw new EngineNotFound(refusals);
}
