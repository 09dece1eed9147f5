import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { npmCommand, root, runChild, SetupError } from "./child.mjs";
import { adviseInstall, firstDifference, firstLeftOut } from "./dependencies.plan.mjs";
import { waitForLock } from "./lock.mjs";
import { isNodeEnough, nodeIn, nodePackage } from "./node24.mjs";
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

/** Marks a `node_modules` that this set-up installed whole, so that a package which no registry has is not tried again. */
const stamp = join(root, "node_modules/.cache/bedplate/dependencies.sha256");

function lockfileHash() {
  return createHash("sha256")
    .update(readFileSync(join(root, "package-lock.json")))
    .digest("hex");
}

function isStamped() {
  return existsSync(stamp) && readFileSync(stamp, "utf8") === lockfileHash();
}

function platform() {
  const report = /** @type {{ header?: { glibcVersionRuntime?: string } }} */ (
    process.report?.getReport() ?? {}
  );
  const libc = report.header?.glibcVersionRuntime === undefined ? "musl" : "glibc";
  return { os: process.platform, cpu: process.arch, libc };
}

/** Why dependencies must be installed; nothing when they need not. */
function whyInstall() {
  const installed = packagesOf(join(root, "node_modules/.package-lock.json"));
  if (installed === undefined) return "there are none";
  const wanted = packagesOf(join(root, "package-lock.json")) ?? {};
  return (
    firstDifference(wanted, installed) ??
    (isStamped() ? undefined : firstLeftOut(wanted, installed, platform()))
  );
}

/**
 * @param {string} output What npm printed.
 * @returns {never}
 */
function fail(output) {
  const registry = process.env.npm_config_registry ?? "(npm config get registry)";
  const last = output.split("\n").slice(-15).join("\n");
  throw new SetupError(`npm failed:\n${last}\n${adviseInstall(output, registry)}`);
}

/**
 * Node 24 in a folder of its own. npm leaves out optional packages that its own Node is too old for, so that an old Node
 * must not install the rest.
 * @param {string} folder
 */
async function fetchNode(folder) {
  const name = nodePackage();
  const version = JSON.parse(readFileSync(join(root, "package.json"), "utf8")).optionalDependencies[name];
  const [command = "npm", ...first] = npmCommand();
  const args = ["install", "--prefix", folder, "--no-save", "--no-audit", "--no-fund", "--loglevel=error"];
  mkdirSync(folder, { recursive: true });
  const { status, output } = await withProgress(`fetching Node ${version}`, () =>
    runChild(command, [...first, ...args, `${name}@${version}`]),
  );
  if (status !== 0) fail(output);
  return nodeIn(folder);
}

/** @param {string} reason */
async function install(reason) {
  const started = Date.now();
  const folder = join(root, ".bedplate/bootstrap");
  say(`Installing dependencies (${reason})`);
  try {
    const node = isNodeEnough() ? process.execPath : await fetchNode(folder);
    const [command = "npm", ...first] = npmCommand(node);
    const PATH = [dirname(node), process.env.PATH].join(delimiter);
    const { status, output } = await withProgress("npm ci: some 600 packages, under 2 minutes", () =>
      runChild(command, [...first, "ci", "--no-audit", "--no-fund", "--loglevel=error"], { env: { PATH } }),
    );
    if (status !== 0) fail(output);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, lockfileHash());
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
