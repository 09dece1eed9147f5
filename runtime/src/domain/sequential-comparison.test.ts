import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compareMeans, summarize, summarizeRate, type ValueSums } from "./sequential-comparison.ts";

/** Numbers by chance, always the same for a seed. Source: mulberry32. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const alpha = 0.05;
const minimum = 100;

/** Part of the experiments that call a difference at any of all looks, one look after each answer. */
function calledRates(rates: readonly [number, number], share: number, effect: number, seed: number) {
  const random = randomOf(seed);
  const experiments = 250;
  let called = 0;
  for (let run = 0; run < experiments; run++) {
    const counts = [0, 0];
    const failures = [0, 0];
    for (let answer = 0; answer < 2_500; answer++) {
      const arm = random() < share ? 0 : 1;
      counts[arm] = (counts[arm] ?? 0) + 1;
      if (random() < (rates[arm] ?? 0)) failures[arm] = (failures[arm] ?? 0) + 1;
      const [a = 0, b = 0] = counts;
      if (Math.min(a, b) < minimum) continue;
      const found = compareMeans(summarizeRate(a, failures[0] ?? 0), summarizeRate(b, failures[1] ?? 0), {
        effect,
        alpha,
      });
      if (found !== null && (found.low > 0 || found.high < 0)) {
        called++;
        break;
      }
    }
  }
  return called / experiments;
}

describe("a comparison that is looked at after every answer", () => {
  test("calls equal failure rates different in no more than alpha of all experiments, with equal and unequal shares", () => {
    expect(calledRates([0.02, 0.02], 0.5, 0.02, 1)).toBeLessThanOrEqual(alpha);
    expect(calledRates([0.2, 0.2], 0.5, 0.05, 2)).toBeLessThanOrEqual(alpha);
    expect(calledRates([0.1, 0.1], 0.1, 0.05, 3)).toBeLessThanOrEqual(alpha);
  });

  test("sees a failure rate that is really higher nearly always", () => {
    expect(calledRates([0.1, 0.04], 0.5, 0.05, 4)).toBeGreaterThan(0.95);
  });

  test("a common test looked at as often is wrong several times as often: this one costs that much for a reason", () => {
    const random = randomOf(5);
    let called = 0;
    for (let run = 0; run < 200; run++) {
      const sums = [0, 0];
      for (let n = 1; n <= 2_000; n++) {
        for (const arm of [0, 1]) sums[arm] = (sums[arm] ?? 0) + (random() < 0.2 ? 1 : 0);
        const z = ((sums[0] ?? 0) - (sums[1] ?? 0)) / Math.sqrt(2 * n * 0.16);
        if (n >= minimum && Math.abs(z) > 1.96) {
          called++;
          break;
        }
      }
    }
    expect(called / 200).toBeGreaterThan(3 * alpha);
  });

  test("holds for logarithms of latencies with a long tail, and sees a tenth more", () => {
    const called = (shift: number, seed: number) => {
      const random = randomOf(seed);
      // Exponential times: their logarithms are skewed.
      const draw = () => Math.log(-Math.log(1 - random()));
      let found = 0;
      for (let run = 0; run < 200; run++) {
        const arms: { count: number; sum: number; squares: number }[] = [
          { count: 0, sum: 0, squares: 0 },
          { count: 0, sum: 0, squares: 0 },
        ];
        for (let n = 1; n <= 2_000; n++) {
          for (const [at, arm] of arms.entries()) {
            const value = draw() + (at === 0 ? shift : 0);
            arm.count++;
            arm.sum += value;
            arm.squares += value * value;
          }
          const [a, b] = arms as [ValueSums, ValueSums];
          if (n < minimum) continue;
          const result = compareMeans(summarize(a), summarize(b), { effect: 0.1, alpha });
          if (result !== null && (result.low > 0 || result.high < 0)) {
            found++;
            break;
          }
        }
      }
      return found / 200;
    };
    expect(called(0, 6)).toBeLessThanOrEqual(alpha);
    expect(called(0.2, 7)).toBeGreaterThan(0.9);
  });
});

test("the interval and the p value say the same, and swapping the versions turns the interval round", () => {
  const summary = fc.record({
    count: fc.integer({ min: 2, max: 1_000_000 }),
    mean: fc.double({ min: -1e3, max: 1e3, noNaN: true }),
    variance: fc.double({ min: 1e-6, max: 1e6, noNaN: true }),
  });
  fc.assert(
    fc.property(summary, summary, fc.double({ min: 1e-3, max: 10, noNaN: true }), (a, b, effect) => {
      const [there, back] = [compareMeans(a, b, { effect, alpha }), compareMeans(b, a, { effect, alpha })];
      if (there === null || back === null) throw new Error("there is enough of both");
      expect(there.high).toBeCloseTo(-back.low, 9);
      expect(there.low <= there.difference && there.difference <= there.high).toBe(true);
      const isOut = there.low > 0 || there.high < 0;
      // At the border rounding decides.
      if (Math.abs(there.pValue - alpha) > 1e-9) expect(isOut).toBe(there.pValue < alpha);
    }),
  );
});

test("nothing is said of one value, nor where nothing differs", () => {
  const one = { count: 1, mean: 1, variance: 0 };
  expect(compareMeans(one, one, { effect: 1, alpha })).toBe(null);
  const same = { count: 50, mean: 1, variance: 0 };
  expect(compareMeans(same, same, { effect: 1, alpha })).toBe(null);
});
