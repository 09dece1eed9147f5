import { setTimeout as wait } from "node:timers/promises";
import fc from "fast-check";
import { expect, test, vi } from "vitest";
import { type Deadline, Deadlines } from "./deadlines.ts";

test("what is not done in time is ended once, what is done is not, and what comes later has its own time", async () => {
  const ended: string[] = [];
  const deadlines = new Deadlines(50);
  deadlines.add(() => void ended.push("slow"));
  const quick = deadlines.add(() => void ended.push("quick"));
  deadlines.delete(quick);
  await expect.poll(() => ended, { timeout: 10_000 }).toEqual(["slow"]);
  deadlines.add(() => void ended.push("later"));
  expect(ended).toEqual(["slow"]);
  await expect.poll(() => ended, { timeout: 10_000 }).toEqual(["slow", "later"]);
  await wait(100);
  expect(ended).toEqual(["slow", "later"]);
});

test("whatever is done in between, and in whatever order, exactly the others are ended, the first one first", () => {
  vi.useFakeTimers();
  try {
    const steps = fc.array(fc.record({ isAdded: fc.boolean(), at: fc.nat(20) }), { maxLength: 60 });
    fc.assert(
      fc.property(steps, (all) => {
        const deadlines = new Deadlines(50);
        const [ended, left]: [number[], Map<number, Deadline>] = [[], new Map()];
        for (const [name, { isAdded, at }] of all.entries()) {
          if (isAdded)
            left.set(
              name,
              deadlines.add(() => void ended.push(name)),
            );
          const [done, deadline] = [...left][at] ?? [];
          if (isAdded || done === undefined || deadline === undefined) continue;
          left.delete(done);
          deadlines.delete(deadline);
          deadlines.delete(deadline);
        }
        vi.advanceTimersByTime(100);
        expect(ended).toEqual([...left.keys()]);
      }),
    );
  } finally {
    vi.useRealTimers();
  }
});
