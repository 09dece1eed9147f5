import { expect, test } from "vitest";
import { parseBody } from "./json.ts";

const many = (count: number) => `{"a":[${Array(count).fill("NaN").join(",")}]}`;

test("ten thousand bare literals are read, one more is refused before the rest is looked at", () => {
  expect(parseBody(many(10_000))).toEqual({ a: Array(10_000).fill("NaN") });
  expect(() => parseBody(many(10_001))).toThrow("not JSON");
});
