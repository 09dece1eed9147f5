import fc from "fast-check";
import { expect, test } from "vitest";
import { plainData, unknownValue } from "./plain-data.ts";

test("plain data comes back as it is", () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
      expect(plainData(value)).toEqual(value);
    }),
  );
});

test("what throws when it is read is not known yet, and the rest stays", () => {
  const value = {
    get unknown(): string {
      throw new Error("can't be known during preview");
    },
    known: 1,
  };
  expect(plainData({ inner: value })).toEqual({ inner: { known: 1, unknown: unknownValue } });
});

test("a cycle ends", () => {
  const value: Record<string, unknown> = { name: "it" };
  value.self = value;
  expect(plainData(value)).toMatchObject({ name: "it", self: { name: "it" } });
});

test("anything at all can be copied", () => {
  fc.assert(fc.property(fc.anything(), (value) => JSON.stringify(plainData(value) ?? null).length > 0));
});
