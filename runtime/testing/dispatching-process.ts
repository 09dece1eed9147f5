/** A service with nothing but its training queue: `node dispatching-process.ts <folder>`; jobs come on standard input. */
import { join } from "node:path";
import { createInterface } from "node:readline";
import { trainingJobSpec } from "@bedplate/contract";
import { openDatabase } from "../src/store/database.ts";
import { createIdentityStore } from "../src/store/identity-store.ts";
import { createTrainingStore } from "../src/store/training-store.ts";
import { openDispatcher } from "../src/training/dispatcher.ts";

const [folder = ""] = process.argv.slice(2);
const { db, close } = await openDatabase({ kind: "pglite", path: join(folder, "sql") });
const dispatcher = await openDispatcher({
  store: createTrainingStore(db, Date.now),
  identities: createIdentityStore(db, Date.now, {
    administratorToken: "unused",
    sessionLifetimeMs: 1,
    sessionLimit: 1,
  }),
  connection: { kind: "process", path: join(folder, "training"), programRoot: folder },
  settings: {
    concurrency: 5,
    queueLimit: 100,
    pollIntervalMs: 50,
    defaultTimeoutMs: 60_000,
    maxTimeoutMs: 60_000,
    maxAttempts: 3,
    logLimitBytes: 10_000,
    killGraceMs: 500,
    cluster: {
      timeoutMs: 1_000,
      answerLimitBytes: 1_000_000,
      pageSize: 10,
      waitMs: 60_000,
      retentionMs: 60_000,
    },
  },
  clock: Date.now,
  log: { error: (fields, message) => console.error(message, fields) },
});
await dispatcher.start("http://127.0.0.1:1");
const report = setInterval(async () => {
  console.log(JSON.stringify((await dispatcher.list({ limit: 100 })).jobs));
}, 50);
const lines = createInterface({ input: process.stdin });
lines.on("line", (line) => dispatcher.submit(trainingJobSpec.parse(JSON.parse(line)), "tester"));
process.once("SIGTERM", async () => {
  clearInterval(report);
  lines.close();
  await dispatcher.close();
  await close();
});
