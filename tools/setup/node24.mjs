import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { root, SetupError } from "./child.mjs";

const required = 24;
const platforms = ["darwin-arm64", "darwin-x64", "linux-arm64", "linux-x64", "win-x64"];

/** Whether this process can run the platform's own code. */
export function isNodeEnough() {
  return Number(process.versions.node.split(".")[0]) >= required;
}

const own = `Bedplate needs Node ${required} or later and this is ${process.version}`;
const byHand = `install Node ${required} from https://nodejs.org and run the same command with it.`;

/** Name of the npm package that holds Node for this platform. Throws a `SetupError` where there is none. */
export function nodePackage() {
  const platform = `${process.platform === "win32" ? "win" : process.platform}-${process.arch}`;
  if (platforms.includes(platform)) return `node-${platform}`;
  throw new SetupError(
    `${own}; npm has no Node for ${platform} (only for ${platforms.join(", ")}): ${byHand}`,
  );
}

/**
 * The Node that npm installed below a folder. Throws a `SetupError` where there is none, or it does not run.
 * @param {string} folder
 */
export function nodeIn(folder) {
  const name = nodePackage();
  const file = process.platform === "win32" ? "node.exe" : "node";
  const node = join(folder, "node_modules", name, "bin", file);
  if (!existsSync(node)) {
    throw new SetupError(
      `${own}; the package ${name} that brings it is not installed (optional dependencies left out?): run \`npm ci --include=optional\`, or ${byHand}`,
    );
  }
  const probe = spawnSync(node, ["--version"], { encoding: "utf8" });
  if (probe.status !== 0) {
    const reason = (probe.error?.message ?? probe.stderr).trim();
    throw new SetupError(`${own}; the one from npm does not run here (${reason}): ${byHand}`);
  }
  return node;
}

/** The Node that came with the dependencies. */
export function installedNode() {
  return nodeIn(root);
}
