import fc from "fast-check";
import { expect, test } from "vitest";
import { expectedWaitMs, retryAfterSeconds, unknownPace } from "./expected-wait.ts";

const pace = fc.record({
  msPerRow: fc.double({ min: 0, max: 1e4, noNaN: true }),
  roomRows: fc.integer({ min: 1, max: 512 }),
});
const rows = fc.integer({ min: 0, max: 1e6 });

test("more rows ahead, or slower ones, never make a shorter wait, and whoever fits beside the others waits for nobody", () => {
  fc.assert(
    fc.property(pace, rows, rows, fc.double({ min: 1, max: 10, noNaN: true }), (one, few, more, factor) => {
      const wait = expectedWaitMs(few, one);
      expect(wait).toBeGreaterThanOrEqual(0);
      expect(expectedWaitMs(few + more, one)).toBeGreaterThanOrEqual(wait);
      expect(expectedWaitMs(few, { ...one, msPerRow: one.msPerRow * factor })).toBeGreaterThanOrEqual(wait);
      if (few < one.roomRows) expect(wait).toBe(0);
      else expect(wait).toBe(few * one.msPerRow);
      expect(expectedWaitMs(few, { ...unknownPace, roomRows: one.roomRows })).toBe(0);
    }),
  );
});

test("who tries again after the seconds that are named does not come too soon, nor a whole second late", () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1e7, noNaN: true }), (ms) => {
      const seconds = retryAfterSeconds(ms);
      expect(Number.isInteger(seconds) && seconds >= 1).toBe(true);
      expect(seconds * 1_000).toBeGreaterThanOrEqual(ms);
      expect((seconds - 1) * 1_000).toBeLessThan(Math.max(ms, 1));
    }),
  );
});
