import { expect, test } from "vitest";
import { createClosers } from "./closers.ts";

test("everything is given back, the last first, also when some of it cannot be, and the first reason is told", async () => {
  const closers = createClosers();
  const closed: string[] = [];
  closers.add(() => void closed.push("first"));
  closers.add(() => {
    throw new Error("second");
  });
  closers.add(() => Promise.reject(new Error("third")));
  closers.add(async () => void closed.push("fourth"));
  await expect(closers.close()).rejects.toThrow("third");
  expect(closed).toEqual(["fourth", "first"]);
  await closers.close();
  expect(closed).toEqual(["fourth", "first"]);
});
