import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { npmCommand, root, runChild, SetupError } from "./child.mjs";
import { adviseInstall, firstDifference } from "./dependencies.plan.mjs";
import { waitForLock } from "./lock.mjs";
import { elapsed, say, withProgress } from "./progress.mjs";

const waitLimitMs = 15 * 60_000;

/** @param {string} path */
function packagesOf(path) {
  try {
    return JSON.parse(readFileSync(path, "utf8")).packages ?? {};
  } catch {
    return undefined;
  }
}

/** Why dependencies must be installed; nothing when they need not. */
function whyInstall() {
  const installed = packagesOf(join(root, "node_modules/.package-lock.json"));
  if (installed === undefined) return "there are none";
  return firstDifference(packagesOf(join(root, "package-lock.json")) ?? {}, installed);
}

/** @param {string} reason */
async function install(reason) {
  const started = Date.now();
  say(`Installing dependencies (${reason})`);
  const [command = "npm", ...first] = npmCommand();
  const { status, output } = await withProgress("npm ci: some 600 packages, under 2 minutes", () =>
    runChild(command, [...first, "ci", "--no-audit", "--no-fund", "--loglevel=error"]),
  );
  if (status !== 0) {
    const registry = process.env.npm_config_registry ?? "(npm config get registry)";
    const last = output.split("\n").slice(-15).join("\n");
    throw new SetupError(`\`npm ci\` failed:\n${last}\n${adviseInstall(output, registry)}`);
  }
  say(`Dependencies installed in ${elapsed(Date.now() - started)}`);
}

/** The lock under which set-up changes this clone. */
export async function lockSetup() {
  let told = false;
  return waitForLock(join(root, ".bedplate/setup.lock"), "Set-up of this clone", {
    limitMs: waitLimitMs,
    onWait: (holder) => {
      if (!told) say(`Waiting for process ${holder.pid}, which sets up this clone`);
      told = true;
    },
  });
}

/** Makes `node_modules` what the lockfile says. Does nothing when it already is. */
export async function ensureDependencies() {
  if (!existsSync(join(root, "package-lock.json"))) {
    throw new SetupError(
      "package-lock.json is missing: this is not a whole clone; clone the repository again.",
    );
  }
  if (whyInstall() === undefined) return;
  const release = await lockSetup();
  try {
    const reason = whyInstall();
    if (reason !== undefined) await install(reason);
  } finally {
    release();
  }
}
