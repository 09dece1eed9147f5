import { expect, test } from "vitest";
import { RecentSights } from "./recent-sights.ts";

function setUp() {
  const time = { now: 1_000 };
  return { time, sights: new RecentSights({ recentLimit: 2, recentMs: 100 }, () => time.now) };
}

test("what a team sees is remembered for the given time, and for that team and model alone", () => {
  const { time, sights } = setUp();
  sights.keep("a", "m");
  time.now += 99;
  expect(sights.has("a", "m")).toBe(true);
  expect(sights.has("b", "m")).toBe(false);
  expect(sights.has("a", "n")).toBe(false);
  time.now += 1;
  expect(sights.has("a", "m")).toBe(false);
});

test("past the limit the sight that was remembered first is forgotten", () => {
  const { sights } = setUp();
  for (const model of ["a", "b", "a", "c"]) sights.keep("t", model);
  expect(["a", "b", "c"].filter((model) => sights.has("t", model))).toEqual(["a", "c"]);
});

test("everything is forgotten after what may take models out of sight, even where it fails", async () => {
  const { sights } = setUp();
  sights.keep("t", "m");
  await expect(sights.forgetAfter(() => Promise.reject(new Error("no")))()).rejects.toThrow("no");
  expect(sights.has("t", "m")).toBe(false);
});
