import fc from "fast-check";
import { expect, test } from "vitest";
import { readPageToken, toPage, writePageToken } from "./page-token.ts";

test("a token leads back to its offset", () => {
  fc.assert(
    fc.property(fc.nat({ max: 1_000_000_000 }), (offset) => {
      expect(readPageToken(writePageToken(offset))).toBe(offset);
    }),
  );
  expect(readPageToken(undefined)).toBe(0);
});

test("any other text is refused with a problem", () => {
  const encoded = fc.json().map((text) => Buffer.from(text).toString("base64url"));
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ minLength: 1 }),
        encoded.filter((text) => text !== ""),
      ),
      (token) => {
        try {
          expect(readPageToken(token)).toBeGreaterThanOrEqual(0);
        } catch (error) {
          expect(error).toMatchObject({ code: "INVALID_REQUEST" });
        }
      },
    ),
  );
  for (const offset of [-1, 1.5, 1e12, "1", null]) {
    const token = Buffer.from(JSON.stringify({ offset })).toString("base64url");
    expect(() => readPageToken(token)).toThrow("Invalid page token");
  }
});

test("pages that follow each other hold every row once", () => {
  fc.assert(
    fc.property(fc.array(fc.integer()), fc.integer({ min: 1, max: 7 }), (rows, limit) => {
      const seen: number[] = [];
      for (let token: string | undefined = ""; token !== undefined; ) {
        const offset = readPageToken(token);
        const page = toPage(rows.slice(offset, offset + limit + 1), offset, limit);
        seen.push(...page.items);
        token = page.next ?? undefined;
      }
      expect(seen).toEqual(rows);
    }),
  );
});
