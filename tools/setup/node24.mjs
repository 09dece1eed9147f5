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

/** The Node that npm installed for this platform. Throws a `SetupError` where there is none, or it does not run. */
export function installedNode() {
  const platform = `${process.platform === "win32" ? "win" : process.platform}-${process.arch}`;
  const own = `Bedplate needs Node ${required} or later and this is ${process.version}`;
  if (!platforms.includes(platform)) {
    throw new SetupError(
      `${own}; npm has no Node for ${platform} (only for ${platforms.join(", ")}): install Node ${required} from https://nodejs.org and run the same command with it.`,
    );
  }
  const name = process.platform === "win32" ? "node.exe" : "node";
  const node = join(root, "node_modules", `node-${platform}`, "bin", name);
  if (!existsSync(node)) {
    throw new SetupError(
      `${own}; the package node-${platform} that brings it is not installed (optional dependencies left out?): run \`npm ci --include=optional\`, or install Node ${required} from https://nodejs.org.`,
    );
  }
  const probe = spawnSync(node, ["--version"], { encoding: "utf8" });
  if (probe.status !== 0) {
    throw new SetupError(
      `${own}; the one from npm does not run here (${(probe.error?.message ?? probe.stderr).trim()}): install Node ${required} from https://nodejs.org.`,
    );
  }
  return node;
}
