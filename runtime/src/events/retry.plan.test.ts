import fc from "fast-check";
import { expect, test } from "vitest";
import { retryDelayMs } from "./retry.plan.ts";

const given = fc.record({
  failures: fc.integer({ min: 1, max: 1_000 }),
  retryBaseMs: fc.integer({ min: 1, max: 3_600_000 }),
  retryMaxMs: fc.integer({ min: 1, max: 86_400_000 }),
  random: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
});

test("a wait is between half of the whole and the whole, and never over the maximum", () => {
  fc.assert(
    fc.property(given, ({ failures, random, ...settings }) => {
      const whole = Math.min(settings.retryMaxMs, settings.retryBaseMs * 2 ** (failures - 1));
      const delay = retryDelayMs(failures, settings, random);
      expect(Number.isInteger(delay)).toBe(true);
      expect(delay).toBeGreaterThanOrEqual(Math.max(1, Math.floor(whole / 2)));
      expect(delay).toBeLessThanOrEqual(Math.max(1, whole));
    }),
  );
});

test("waits double: 1, 2, 4 seconds, up to the maximum", () => {
  const settings = { retryBaseMs: 1_000, retryMaxMs: 5_000 };
  expect([1, 2, 3, 4, 60].map((failures) => retryDelayMs(failures, settings, 0))).toEqual([
    1_000, 2_000, 4_000, 5_000, 5_000,
  ]);
});
