import { expect, test } from "vitest";
import { formatAgo, formatNumber, formatSpan } from "./format.ts";

test.each([
  [0, "0 ms"],
  [320.4, "320 ms"],
  [4_210, "4.2 s"],
  [59_400, "59 s"],
  [185_000, "3 min 5 s"],
  [7_200_000, "2 h"],
  [7_800_000, "2 h 10 min"],
])("%d ms is %s", (ms, text) => {
  expect(formatSpan(ms)).toBe(text);
});

test.each([
  [0, "0"],
  [0.123456789, "0.123457"],
  [12345678, "12345678"],
  [0.00001, "1.000e-5"],
  [-2.5e12, "-2.500e+12"],
  [Number.NaN, "NaN"],
])("%d is %s", (value, text) => {
  expect(formatNumber(value)).toBe(text);
});

test("a moment ago is just now, later ones have a unit", () => {
  expect(formatAgo(1_000, 4_000)).toBe("just now");
  expect(formatAgo(0, 5 * 60_000)).toBe("5 min. ago");
  expect(formatAgo(0, 3 * 86_400_000)).toBe("3 days ago");
});
