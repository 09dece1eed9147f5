import { trainingJobSpec } from "@bedplate/contract";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createTrainingStore } from "../../runtime/src/store/training-store.ts";
import { openPostgresDatabase, type PostgresDatabase } from "../support/postgres-database.ts";

let opened: PostgresDatabase;
beforeAll(async () => {
  opened = await openPostgresDatabase(10);
});
afterAll(() => opened.close());

test("runners that ask at the same moment never get the same job, and every job is run", async () => {
  const { db } = opened;
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
});
