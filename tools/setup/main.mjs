// What `npm start`, `npm stop` and `npm test` run. It may be the first thing that ever runs in a clone, so this file and
// what it imports need no dependency and nothing newer than Node 18, until `ensureDependencies` and Node 24 are there.
import { delimiter, dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { runChild, SetupError } from "./child.mjs";
import { ensureDependencies } from "./dependencies.mjs";
import { LockHeld } from "./lock.mjs";
import { installedNode, isNodeEnough } from "./node24.mjs";
import { say } from "./progress.mjs";

const [verb = "", ...args] = process.argv.slice(2);

async function run() {
  const { hasNothingToStop, start, stop } = await import("./platform.mjs");
  if (verb === "stop" && hasNothingToStop()) {
    say("Nothing is running: no platform was started from this clone.");
    return 0;
  }
  await ensureDependencies();
  if (!isNodeEnough()) {
    const command = [fileURLToPath(import.meta.url), verb, ...args];
    return (await runChild(installedNode(), command, { show: true })).status;
  }
  // Not every npm links `node` into node_modules/.bin; whatever is started from here finds this one.
  process.env.PATH = [dirname(process.execPath), process.env.PATH].join(delimiter);
  const { verify, verifySuite } = await import("./verify.mjs");
  switch (verb) {
    case "start":
      return start(args);
    case "stop":
      return stop(args);
    case "test":
      return verify(args);
    case "test:suite":
      return verifySuite(args[0] ?? "", args.slice(1));
    default:
      throw new SetupError(`unknown verb "${verb}": start, stop, test or test:suite <name>`);
  }
}

run().then(
  (status) => {
    process.exitCode = status;
  },
  (error) => {
    const expected = error instanceof SetupError || error instanceof LockHeld;
    console.error(expected ? error.message : error);
    process.exitCode = 1;
  },
);
