import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openObjectStore } from "../../runtime/src/store/object-store.ts";
import { storms, unleash } from "../../runtime/testing/artifact-storm.ts";
import { openPostgresDatabase, type PostgresDatabase } from "../support/postgres-database.ts";
import { bucketKinds, bucketLimits, startBuckets } from "./buckets.ts";

let opened: PostgresDatabase;
beforeAll(async () => {
  opened = await openPostgresDatabase(10);
});
afterAll(async () => {
  await opened.close();
});

async function nothingIsLost(objects: Awaited<ReturnType<typeof openObjectStore>>, numRuns: number) {
  await fc.assert(
    fc.asyncProperty(storms, async (callers) => {
      const { expected, held, left } = await unleash(opened.db, objects, callers);
      expect(held).toEqual(expected);
      expect(left).toEqual([]);
    }),
    { numRuns },
  );
  objects.close();
}

test("many callers on a real PostgreSQL and a folder lose nothing to collections beside them", async () => {
  await nothingIsLost(
    await openObjectStore({ kind: "file", path: join(opened.folder, "objects") }, bucketLimits),
    150,
  );
});

for (const { kind, title, lacking } of bucketKinds) {
  test.skipIf(lacking)(
    `many callers on a real PostgreSQL and a real server of buckets lose nothing: ${title}`,
    async () => {
      const server = await startBuckets(kind);
      try {
        await nothingIsLost(await openObjectStore(await server.make("storm"), bucketLimits), 40);
      } finally {
        await server.stop();
      }
    },
  );
}
