import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { setImmediate } from "node:timers/promises";
import fc from "fast-check";
import type { ObjectStore } from "../src/domain/object-store.ts";
import { Problem } from "../src/domain/problem.ts";
import { createArtifactStores } from "../src/store/artifact-stores.ts";
import type { Database } from "../src/store/database.ts";

type Step =
  | { readonly kind: "put"; readonly path: number; readonly content: number }
  | { readonly kind: "parts"; readonly path: number; readonly contents: readonly number[] }
  | { readonly kind: "remove"; readonly path: number }
  | { readonly kind: "collect" };

const path = fc.integer({ min: 0, max: 5 });
/** Few contents, so that what is put has often just been removed, or is being collected. */
const content = fc.integer({ min: 0, max: 2 });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("put" as const), path, content }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("parts" as const),
      path,
      contents: fc.array(content, { minLength: 1, maxLength: 3 }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("remove" as const), path }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("collect" as const) }) },
);

/** What several callers do at once, each in its own order. */
export const storms = fc.array(fc.array(step, { minLength: 3, maxLength: 12 }), {
  minLength: 2,
  maxLength: 6,
});

/** Time stands still, so that no age protects anything and only the locks do. */
const clock = () => 1_000_000_000_000;
const settings = {
  collectIntervalMs: 1,
  collectAfterMs: 0,
  collectLimit: 1_000,
  uploadLifetimeMs: 3_600_000,
  partLimit: 10,
  uploadLimit: 1_000,
  addressLifetimeMs: 1_000,
};
const bytesOf = (content: number) => Buffer.from(`content ${content} `);
const pathOf = (path: number) => `storm/${path}`;

/** Bytes that were collected before they were named are reported, so that the caller sends them again. */
async function tolerate(work: Promise<unknown>): Promise<void> {
  await work.catch((error: unknown) => {
    if (!(error instanceof Problem && (error.code === "UNAVAILABLE" || error.code === "INVALID_REQUEST")))
      throw error;
  });
}

/** Lets the callers loose, then says what each remaining path should hold and what is there; equal when nothing is lost. */
export async function unleash(db: Database, objects: ObjectStore, callers: readonly (readonly Step[])[]) {
  const { artifacts, uploads, collector } = createArtifactStores({
    db,
    objects,
    settings: { artifacts: settings },
    clock,
  });
  async function sendParts(at: number, contents: readonly number[]): Promise<void> {
    const { id } = await uploads.begin({ path: pathOf(at), partCount: contents.length, createdBy: "storm" });
    const claims = [];
    for (const [index, each] of contents.entries()) {
      const { digest } = await uploads.putPart(id, index + 1, Readable.from([bytesOf(each)]), 100);
      claims.push({ number: index + 1, digest });
    }
    await uploads.complete(id, pathOf(at), claims, 1_000);
  }
  async function take(each: Step): Promise<void> {
    switch (each.kind) {
      case "put":
        return await tolerate(artifacts.put(pathOf(each.path), Readable.from([bytesOf(each.content)]), 100));
      case "parts":
        return await tolerate(sendParts(each.path, each.contents));
      case "remove":
        return await artifacts.remove(pathOf(each.path));
      case "collect":
        await collector.collect("storm");
    }
  }
  await Promise.all(
    callers.map(async (steps) => {
      for (const each of steps) {
        await take(each);
        await setImmediate();
      }
    }),
  );
  const files = await artifacts.files("storm", 100);
  const held = await Promise.all(
    files.map(async (file) => {
      const read = await text(await artifacts.open(file));
      return createHash("sha256").update(read).digest("hex");
    }),
  );
  await artifacts.remove("storm");
  await db.deleteFrom("upload_parts").execute();
  await collector.collect("storm");
  const left = await db.selectFrom("blobs").select("digest").execute();
  return { expected: files.map(({ digest }) => digest), held, left };
}
