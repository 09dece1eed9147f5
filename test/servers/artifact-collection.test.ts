import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openObjectStore } from "../../runtime/src/store/object-store.ts";
import { storms, unleash } from "../../runtime/testing/artifact-storm.ts";
import { type S3Server, startS3Server } from "../../tools/peers/s3-server.ts";
import { openPostgresDatabase, type PostgresDatabase } from "../support/postgres-database.ts";

let s3: S3Server;
let opened: PostgresDatabase;
beforeAll(async () => {
  opened = await openPostgresDatabase(10);
  s3 = await startS3Server();
});
afterAll(async () => {
  await s3.stop();
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
  await nothingIsLost(await openObjectStore({ kind: "file", path: join(opened.folder, "objects") }), 150);
});

test("many callers on a real PostgreSQL and a real S3 server lose nothing to collections beside them", async () => {
  s3.createBucket("storm");
  const { endpoint, credentialsFile } = s3;
  const objects = await openObjectStore({
    kind: "s3",
    endpoint,
    region: "us-east-1",
    bucket: "storm",
    prefix: "",
    pathStyle: true,
    credentialsFile,
  });
  await nothingIsLost(objects, 40);
});
