import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { birthOf } from "@bedplate/tools/setup/process-birth.mjs";
import { z } from "zod";

/** What the engine's process supervisor writes about the runtime. */
const processRecord = z.object({ pid: z.int().min(1), startTicks: z.string() });

/** Process number of the runtime of a data folder; undefined when it does not run. */
export function runningRuntime(dataDir: string): number | undefined {
  try {
    const text = readFileSync(join(dataDir, "run", "runtime.json"), "utf8");
    const record = processRecord.parse(JSON.parse(text));
    return birthOf(record.pid) === record.startTicks ? record.pid : undefined;
  } catch {
    return undefined;
  }
}

/** Whether some process listens on a port of the loopback address. */
export function isPortTaken(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) => resolve(error.code === "EADDRINUSE"));
    server.listen({ host: "127.0.0.1", port, exclusive: true }, () => server.close(() => resolve(false)));
  });
}
