import fc from "fast-check";
import { expect, test } from "vitest";
import { compare, quantile, spreadOf } from "./statistics.plan.ts";

const values = fc.array(fc.integer({ min: 1, max: 1_000_000 }), { minLength: 1, maxLength: 50 });

test("a quantile is one of the values, and that share of them is not above it", () => {
  fc.assert(
    fc.property(values, fc.double({ min: 0.01, max: 1, noNaN: true }), (some, share) => {
      const value = quantile(some, share);
      expect(some).toContain(value);
      expect(some.filter((each) => each <= value).length / some.length).toBeGreaterThanOrEqual(share - 1e-9);
    }),
  );
});

test("a ratio is over one exactly where ours is better, whichever direction is better", () => {
  fc.assert(
    fc.property(values, values, (a, b) => {
      const [ours, peer] = [spreadOf(a), spreadOf(b)];
      const sides = { ours, peer, peerName: "peer", unit: "x" };
      if (ours.median === peer.median) return;
      const isMore = ours.median > peer.median;
      expect(compare({ ...sides, better: "more" }).ratio >= 1).toBe(isMore);
      expect(compare({ ...sides, better: "less" }).ratio >= 1).toBe(!isMore);
    }),
  );
});
