import { flushCompileCache } from "node:module";
import { parseSettings, SettingsError } from "@bedplate/contract";
import pino from "pino";
import { Problem } from "./domain/problem.ts";
import { collectStart } from "./ops/collector.ts";
import { logDestination, logOptions } from "./ops/log.ts";
import { openService } from "./service.ts";

/** Failures that a person can mend are one sentence; anything else keeps its stack. */
function explain(error: unknown): unknown {
  return error instanceof Problem || error instanceof SettingsError ? error.message : error;
}

async function run(): Promise<void> {
  const settings = parseSettings(process.env);
  const log = pino(logOptions(settings), logDestination());
  const service = await openService(settings, log);
  // Written now, where Node was given a place for it: a process that is killed leaves nothing for the next start.
  flushCompileCache();
  collectStart();
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.once(signal, () => {
      log.info({ signal }, "stopping");
      service.close().then(
        () => log.info("stopped"),
        (error: unknown) => {
          log.error({ error }, "stopped with an error");
          process.exitCode = 1;
        },
      );
    });
  }
}

run().catch((error: unknown) => {
  console.error(explain(error));
  process.exit(1);
});
