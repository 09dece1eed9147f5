import { expect, test } from "vitest";
import { collectStart } from "./collector.ts";

test("what a start left behind is given back at once", () => {
  const left = Array.from({ length: 400_000 }, (_, at) => ({ at }));
  const before = process.memoryUsage().heapUsed;
  left.length = 0;
  collectStart();
  expect(process.memoryUsage().heapUsed).toBeLessThan(before - 8 * 1024 * 1024);
});
