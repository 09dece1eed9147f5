import { setTimeout as wait } from "node:timers/promises";
import { expect, test } from "vitest";
import { Deadlines } from "./deadlines.ts";

test("what is not done in time is ended once, what is done is not, and what comes later has its own time", async () => {
  const ended: string[] = [];
  const deadlines = new Deadlines(50);
  const slow = () => void ended.push("slow");
  const quick = () => void ended.push("quick");
  deadlines.add(slow);
  deadlines.add(quick);
  deadlines.delete(quick);
  await expect.poll(() => ended, { timeout: 10_000 }).toEqual(["slow"]);
  deadlines.add(() => void ended.push("later"));
  expect(ended).toEqual(["slow"]);
  await expect.poll(() => ended, { timeout: 10_000 }).toEqual(["slow", "later"]);
  await wait(100);
  expect(ended).toEqual(["slow", "later"]);
});
