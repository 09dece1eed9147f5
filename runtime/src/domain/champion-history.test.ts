import fc from "fast-check";
import { expect, test } from "vitest";
import { championBefore } from "./champion-history.ts";

const set = (to: number) => ({ action: "set", to }) as const;
const deleted = { action: "deleted", to: null } as const;
const back = (to: number) => ({ action: "rolled-back", to }) as const;
const all = () => true;

test("going back again and again goes through the champions in reverse, and then ends", () => {
  const steps: { action: "set" | "rolled-back" | "deleted"; to: number | null }[] = [set(1), set(2), set(5)];
  expect(championBefore(steps, all)).toBe(2);
  steps.push(back(2));
  expect(championBefore(steps, all)).toBe(1);
  steps.push(back(1));
  expect(championBefore(steps, all)).toBeNull();
});

test("a version that was champion twice is gone back to, and setting it again is no step", () => {
  expect(championBefore([set(1), set(2), set(1)], all)).toBe(2);
  expect(championBefore([set(1), set(2), set(2)], all)).toBe(1);
  expect(championBefore([set(1), set(2), back(1), set(3)], all)).toBe(1);
});

test("when the alias is gone the last champion comes back, and versions that are gone are passed over", () => {
  expect(championBefore([set(1), set(2), deleted], all)).toBe(2);
  expect(championBefore([set(1), set(2), set(3)], (version) => version !== 2)).toBe(1);
  expect(championBefore([], all)).toBeNull();
});

test("whatever happened, what is gone back to was champion once, exists, and is not champion now", () => {
  const step = fc.oneof(
    fc.integer({ min: 1, max: 5 }).map(set),
    fc.constant(deleted),
    fc.constant("back" as const),
  );
  fc.assert(
    fc.property(
      fc.array(step, { maxLength: 40 }),
      fc.uniqueArray(fc.integer({ min: 1, max: 5 })),
      (moves, gone) => {
        const exists = (version: number) => !gone.includes(version);
        const steps: { action: "set" | "rolled-back" | "deleted"; to: number | null }[] = [];
        for (const move of moves) {
          const target = championBefore(steps, exists);
          if (move !== "back") steps.push(move);
          else if (target !== null) steps.push(back(target));
          const next = championBefore(steps, exists);
          if (next === null) continue;
          expect(exists(next)).toBe(true);
          expect(next).not.toBe(steps.at(-1)?.to);
          expect(steps.some(({ to }) => to === next)).toBe(true);
        }
      },
    ),
  );
});
