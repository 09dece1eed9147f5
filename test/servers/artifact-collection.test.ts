import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Database, openDatabase } from "../../runtime/src/store/database.ts";
import { openObjectStore } from "../../runtime/src/store/object-store.ts";
import { storms, unleash } from "../../runtime/testing/artifact-storm.ts";
import { type PostgresServer, startPostgres } from "../../tools/peers/postgres.ts";
import { type S3Server, startS3Server } from "../../tools/peers/s3-server.ts";

let postgres: PostgresServer;
let s3: S3Server;
let folder = "";
let opened: { readonly db: Database; readonly close: () => Promise<void> };
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "bedplate-collection-"));
  postgres = await startPostgres();
  s3 = await startS3Server();
  const urlFile = join(folder, "url");
  await writeFile(urlFile, await postgres.createDatabase("collection"), { mode: 0o600 });
  opened = await openDatabase({ kind: "postgres", urlFile, poolSize: 10 });
});
afterAll(async () => {
  await opened.close();
  await s3.stop();
  await postgres.stop();
  await rm(folder, { recursive: true });
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
  await nothingIsLost(await openObjectStore({ kind: "file", path: join(folder, "objects") }), 150);
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
