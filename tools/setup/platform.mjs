import { existsSync } from "node:fs";
import { join } from "node:path";
import { root, runChild, SetupError } from "./child.mjs";
import { ensureConsole } from "./console.mjs";
import { say } from "./progress.mjs";

const cli = join(root, "cli/bin/bedplate.js");
const quickstart = join(root, "examples/quickstart/main.ts");

/** @param {readonly string[]} args */
async function bedplate(args) {
  const { status } = await runChild(process.execPath, [cli, ...args], { show: true });
  return status;
}

/** @returns {Promise<Record<string, string>>} */
async function platformEnvironment() {
  const { status, output } = await runChild(process.execPath, [cli, "env", "--json"]);
  if (status !== 0) throw new SetupError(output);
  return JSON.parse(output.slice(output.indexOf("{")));
}

/**
 * `npm start`: the platform, then the first example against it, then what to do with it.
 * @param {readonly string[]} args Passed on to `bedplate up`.
 */
export async function start(args) {
  await ensureConsole();
  const up = await bedplate(["up", "--no-guide", ...args]);
  if (up !== 0) return up;
  if (existsSync(quickstart)) {
    const env = await platformEnvironment();
    const { status } = await runChild(process.execPath, [quickstart], { show: true, env });
    if (status !== 0) {
      say(
        "The platform runs, the quickstart example failed; look at `npx bedplate logs`, then run `npm start` again.",
      );
      return status;
    }
  }
  return bedplate(["status"]);
}

/**
 * `npm stop`: the end of the platform; `-- --purge` removes its data too.
 * @param {readonly string[]} args
 */
export async function stop(args) {
  return bedplate(["down", ...args]);
}

/** Whether there can be nothing to stop: no platform was ever started from this clone. */
export function hasNothingToStop() {
  return !existsSync(join(root, ".bedplate")) && !existsSync(join(root, "node_modules/.package-lock.json"));
}
