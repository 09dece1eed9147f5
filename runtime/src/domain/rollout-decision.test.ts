import { type RolloutSpecInput, rolloutSpec } from "@bedplate/contract";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bucketOf, quantile } from "./latency-histogram.ts";
import { type AnswerCounts, decide } from "./rollout-decision.ts";

const counts = (answers: number, errors = 0, ms = 1): AnswerCounts => ({
  answers,
  errors,
  latency: new Map([[bucketOf(ms), answers - errors]]),
});
const rollout = (
  given: Partial<Extract<RolloutSpecInput, { strategy: "canary" }>> = {},
  more: object = {},
) => ({
  spec: rolloutSpec.parse({
    strategy: "canary",
    candidate: 2,
    steps: [
      { percent: 5, holdMs: 1_000 },
      { percent: 50, holdMs: 2_000 },
    ],
    ...given,
  }),
  ...{ state: "running" as const, position: 0, positionSince: 0, champion: 1 },
  ...more,
});
const seen = (candidate: AnswerCounts, champion = counts(1_000)) =>
  new Map([
    [1, champion],
    [2, candidate],
  ]);

describe("a canary", () => {
  test("goes on when its step's time is over and enough was seen, and not before", () => {
    expect(decide(rollout(), seen(counts(100)), 999)).toBe(null);
    expect(decide(rollout(), seen(counts(99)), 1_000)).toBe(null);
    expect(decide(rollout(), seen(counts(100)), 1_000)).toEqual({ action: "advance" });
    expect(decide(rollout({}, { state: "paused" }), seen(counts(100)), 1e9)).toBe(null);
    expect(decide(rollout({ steps: [{ percent: 5 }] }), seen(counts(1e6)), 1e9)).toBe(null);
  });

  test("a step that sends nobody to the candidate waits for its time only", () => {
    const silent = rollout({ steps: [{ percent: 0, holdMs: 10 }, { percent: 5 }] });
    expect(decide(silent, new Map(), 10)).toEqual({ action: "advance" });
  });

  test("is promoted at its end only where that was asked for", () => {
    const last = { position: 1 };
    expect(decide(rollout({}, last), seen(counts(100)), 5_000)).toBe(null);
    expect(decide(rollout({ finish: "promote" }, last), seen(counts(100)), 5_000)).toEqual({
      action: "promote",
      version: 2,
    });
  });

  test("is aborted by each rule, also while it is paused, and never before there is enough to judge by", () => {
    const rules = [
      [{ rule: "error-rate-at-most", value: 0.1 }, counts(100, 10), counts(100, 11)],
      [{ rule: "error-rate-over-champion", by: 0.05 }, counts(100, 6), counts(100, 7)],
      [{ rule: "latency-at-most", percentile: 99, ms: 10 }, counts(100, 0, 9), counts(100, 0, 11)],
      [
        { rule: "latency-over-champion", percentile: 95, factor: 2 },
        counts(100, 0, 3.8),
        counts(100, 0, 4.5),
      ],
    ] as const;
    // The champion fails once in a hundred times and takes 2 ms.
    const champion = counts(1_000, 10, 2);
    for (const [rule, good, bad] of rules) {
      const judged = rollout({ abort: [rule] }, { state: "paused" });
      expect([rule.rule, decide(judged, seen(good, champion), 0)]).toEqual([rule.rule, null]);
      expect(decide(judged, seen(bad, champion), 0)).toMatchObject({ action: "abort" });
      const few = rollout({ abort: [rule], minimumSamples: 101 }, {});
      expect(decide(few, seen(bad, champion), 0)).toBe(null);
    }
    const relative = rollout({ abort: [rules[1][0]] });
    expect(decide(relative, seen(counts(100, 50), counts(99)), 0)).toBe(null);
  });

  test("says all that is broken, with the figures", () => {
    const abort = [
      { rule: "error-rate-at-most" as const, value: 0.01 },
      { rule: "latency-at-most" as const, percentile: 95 as const, ms: 1 },
    ];
    const decision = decide(rollout({ abort }), seen(counts(200, 20, 8)), 0);
    expect(decision).toMatchObject({
      reason: expect.stringMatching(/^Version 2: 10 % .* 200 answers.*p95 is 8/),
    });
  });
});

test("a flip is judged after it, without a champion to compare with, and settles when its time is over", () => {
  const spec = rolloutSpec.parse({ strategy: "blueGreen", candidate: 2, holdMs: 1_000 });
  const before = { spec, state: "running" as const, position: 0, positionSince: 0, champion: 1 };
  const after = { ...before, position: 1, champion: 2 };
  expect(decide(before, new Map([[2, counts(100, 100)]]), 9_999)).toBe(null);
  expect(decide(after, new Map([[2, counts(100, 51)]]), 0)).toMatchObject({ action: "abort" });
  expect(decide(after, new Map([[2, counts(100, 50)]]), 999)).toBe(null);
  expect(decide(after, new Map(), 1_000)).toEqual({ action: "settle" });
});

test("a shadow is never judged, whatever its candidates do", () => {
  const spec = rolloutSpec.parse({ strategy: "shadow", candidates: [2] });
  const facts = { spec, state: "running" as const, position: 0, positionSince: 0, champion: 1 };
  expect(decide(facts, seen(counts(1_000, 1_000)), 1e12)).toBe(null);
});

test("a quantile of a histogram is within five percent above the true one", () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: 0.02, max: 60_000, noNaN: true }), { minLength: 1, maxLength: 200 }),
      fc.constantFrom(0.5, 0.95, 0.99),
      (times, part) => {
        const histogram = new Map<number, number>();
        for (const ms of times) histogram.set(bucketOf(ms), (histogram.get(bucketOf(ms)) ?? 0) + 1);
        const exact = times.toSorted((a, b) => a - b)[Math.ceil(part * times.length) - 1] ?? 0;
        const found = quantile(histogram, part) ?? 0;
        expect(found).toBeGreaterThanOrEqual(exact * 0.999_999);
        expect(found).toBeLessThanOrEqual(exact * 1.05);
      },
    ),
  );
  expect(quantile(new Map(), 0.5)).toBe(null);
});
