import { afterAll, beforeAll, expect, test } from "vitest";
import { openTestDatabase } from "../../testing/memory-database.ts";
import type { Database } from "./database.ts";
import { afterCommit, together } from "./joint-transaction.ts";

let db: Database;
let close = async () => {};
beforeAll(async () => {
  ({ db, close } = await openTestDatabase());
});
afterAll(() => close());

const tag = (key: string, value = "v") => ({ experiment_id: 0, key, value });
const write = (at: Database, key: string) => at.insertInto("experiment_tags").values(tag(key)).execute();
const inOwnTransaction = (key: string) => db.transaction().execute((trx) => write(trx, key));
const keys = async () => {
  const rows = await db.selectFrom("experiment_tags").select("key").orderBy("key").execute();
  return rows.map(({ key }) => key);
};

test("what several stores write is there together, and what they read is what they wrote", async () => {
  const seen = await together(db, async () => {
    await inOwnTransaction("a1");
    await write(db, "a2");
    return await keys();
  });
  expect(seen).toEqual(["a1", "a2"]);
  expect(await keys()).toEqual(["a1", "a2"]);
});

test("work that fails leaves nothing, not even what its own transactions had finished", async () => {
  const before = await keys();
  const work = together(db, async () => {
    await inOwnTransaction("b1");
    await write(db, "b2");
    throw new Error("no");
  });
  await expect(work).rejects.toThrow("no");
  expect(await keys()).toEqual(before);
});

test("a transaction inside that fails undoes only itself, and the work may go on", async () => {
  await together(db, async () => {
    await inOwnTransaction("c1");
    const taken = db.transaction().execute(async (trx) => {
      await write(trx, "c2");
      await write(trx, "c1");
    });
    await expect(taken).rejects.toThrow(/duplicate/);
    await inOwnTransaction("c3");
  });
  expect((await keys()).filter((key) => key.startsWith("c"))).toEqual(["c1", "c3"]);
});

test("transactions inside that are begun at once take turns", async () => {
  await together(db, async () => {
    const ends = await Promise.allSettled(
      ["d1", "d2", "d1", "d3"].map((key) =>
        db.transaction().execute(async (trx) => {
          await write(trx, key);
          await trx.selectFrom("experiments").selectAll().execute();
        }),
      ),
    );
    expect(ends.map(({ status }) => status)).toEqual(["fulfilled", "fulfilled", "rejected", "fulfilled"]);
  });
  expect((await keys()).filter((key) => key.startsWith("d"))).toEqual(["d1", "d2", "d3"]);
});

test("what is for afterwards comes after the commit and outside it, at once where there is nothing to wait for, and not when the work fails", async () => {
  const told: string[] = [];
  afterCommit(() => told.push("at once"));
  let later: Promise<void> = Promise.resolve();
  await together(db, async () => {
    afterCommit(() => {
      told.push("after");
      later = inOwnTransaction("e1").then(() => {});
    });
    expect(told).toEqual(["at once"]);
  });
  expect(told).toEqual(["at once", "after"]);
  await later;
  expect(await keys()).toContain("e1");
  const failing = together(db, async () => {
    afterCommit(() => told.push("never"));
    throw new Error("no");
  });
  await expect(failing).rejects.toThrow();
  expect(told).toEqual(["at once", "after"]);
});

test("what the work started and did not wait for uses the database as always when the work is over", async () => {
  let stray: Promise<unknown> = Promise.resolve();
  await together(db, async () => {
    stray = new Promise((resolve) => setTimeout(resolve, 20)).then(() => inOwnTransaction("f1"));
  });
  await stray;
  expect(await keys()).toContain("f1");
});
