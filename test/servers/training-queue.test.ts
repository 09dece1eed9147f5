import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { trainingJobSpec } from "@bedplate/contract";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openDatabase } from "../../runtime/src/store/database.ts";
import { createTrainingStore } from "../../runtime/src/store/training-store.ts";
import { type PostgresServer, startPostgres } from "../../tools/peers/postgres.ts";

let server: PostgresServer;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "bedplate-queue-"));
  server = await startPostgres();
});
afterAll(async () => {
  await server.stop();
  await rm(folder, { recursive: true });
});

test("runners that ask at the same moment never get the same job, and every job is run", async () => {
  const urlFile = join(folder, "url");
  await writeFile(urlFile, await server.createDatabase("queue"), { mode: 0o600 });
  const { db, close } = await openDatabase({ kind: "postgres", urlFile, poolSize: 10 });
  const store = createTrainingStore(db, Date.now);
  const spec = { ...trainingJobSpec.parse({ name: "j", command: ["true"] }), timeoutMs: 1_000 };
  const submitted = new Set<string>();
  for (let n = 0; n < 60; n++) submitted.add((await store.submit(spec, "tester", 100)).id);
  const taken: string[] = [];
  await Promise.all(
    Array.from({ length: 8 }, async (_, at) => {
      for (;;) {
        const jobs = await store.claim(`runner-${at}`, 3);
        if (jobs.length === 0) return;
        for (const job of jobs) {
          taken.push(job.id);
          await store.settle(job, `runner-${at}`, { kind: "exited", code: 0 });
        }
      }
    }),
  );
  expect(taken).toHaveLength(60);
  expect(new Set(taken)).toEqual(submitted);
  expect(await store.countByState()).toEqual(new Map([["succeeded", 60]]));
  const events = await db.selectFrom("events").select("data").execute();
  expect(events).toHaveLength(180);
  await close();
});
