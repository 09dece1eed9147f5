import fc from "fast-check";
import { expect, test } from "vitest";
import { parseRange } from "./byte-range.ts";

test("a range lies within the file, whatever was asked for", () => {
  const edge = fc.option(fc.nat({ max: 50 }), { nil: "" });
  fc.assert(
    fc.property(edge, edge, fc.nat({ max: 40 }), (from, to, size) => {
      const range = parseRange(`bytes=${from}-${to}`, size);
      if (range === null || range === "unsatisfiable") return;
      expect(range.start).toBeGreaterThanOrEqual(0);
      expect(range.end).toBeGreaterThanOrEqual(range.start);
      expect(range.end).toBeLessThan(size);
    }),
  );
});

test("first bytes, last bytes and the middle are what they say", () => {
  expect(parseRange("bytes=0-1", 10)).toEqual({ start: 0, end: 1 });
  expect(parseRange("bytes=4-", 10)).toEqual({ start: 4, end: 9 });
  expect(parseRange("bytes=-3", 10)).toEqual({ start: 7, end: 9 });
  expect(parseRange("bytes=10-", 10)).toBe("unsatisfiable");
  expect(parseRange("bytes=-0", 10)).toBe("unsatisfiable");
});

test("several ranges, other units and nonsense get the whole file", () => {
  for (const header of [
    undefined,
    "",
    "bytes=",
    "bytes=-",
    "bytes=0-1,3-4",
    "lines=0-1",
    "bytes=5-2",
    "bytes=a-b",
  ]) {
    expect(parseRange(header, 10)).toBeNull();
  }
});
