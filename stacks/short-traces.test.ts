import { expect, test } from "vitest";
import { withShortTraces } from "./short-traces.ts";

const lines = () => new Error("here").stack?.split("\n").length ?? 0;

test("traces are one line long while resources are made, and whole again when that fails", () => {
  const before = lines();
  expect(before).toBeGreaterThan(3);
  expect(withShortTraces(lines)).toBe(2);
  const fail = () => {
    throw new Error("it failed");
  };
  expect(() => withShortTraces(fail)).toThrow("it failed");
  expect(lines()).toBe(before);
});
