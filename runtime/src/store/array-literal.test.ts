import fc from "fast-check";
import { sql } from "kysely";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openTestDatabase } from "../../testing/memory-database.ts";
import { numberArray, textArray } from "./array-literal.ts";

let opened: Awaited<ReturnType<typeof openTestDatabase>>;

beforeAll(async () => {
  opened = await openTestDatabase();
});
afterAll(() => opened.close());

const awkward = fc.oneof(
  fc.constantFrom("", "NULL", "null", "{}", "a,b", '"', "\\", '\\"', "{", " x ", "\n"),
  fc.string({ unit: "binary" }).filter((text) => !text.includes("\u0000") && text.isWellFormed()),
);

test("the database reads back the texts and the numbers that were written", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(awkward), fc.array(fc.double({ noNaN: true })), async (texts, numbers) => {
      const { rows } = await sql<{ texts: string[]; numbers: number[] }>`
        select ${textArray(texts)}::text[] as texts, ${numberArray(numbers)}::double precision[] as numbers`.execute(
        opened.db,
      );
      // -0 is written as 0.
      expect(rows).toEqual([{ texts, numbers: numbers.map((number) => number + 0) }]);
    }),
    { numRuns: 200 },
  );
});
