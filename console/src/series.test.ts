import fc from "fast-check";
import { expect, test } from "vitest";
import { chartSeries } from "./series.ts";

const metric = (step: number, value: number, timestamp = 1_000 + step) => ({
  key: "loss",
  step,
  value,
  timestamp,
});

test("values are drawn over their steps, in order", () => {
  const { axis, points } = chartSeries([metric(2, 0.5), metric(0, 1), metric(1, 0.7)], 100);
  expect(axis).toBe("step");
  expect(points).toEqual([
    { at: 0, value: 1 },
    { at: 1, value: 0.7 },
    { at: 2, value: 0.5 },
  ]);
});

test("of a step that was logged twice the later value counts, and what is no number is left out", () => {
  const history = [
    metric(0, 9, 20),
    metric(0, 1, 10),
    metric(1, Number.NaN),
    metric(2, Number.POSITIVE_INFINITY),
    metric(3, 4),
  ];
  expect(chartSeries(history, 100).points).toEqual([
    { at: 0, value: 9 },
    { at: 3, value: 4 },
  ]);
});

test("values without steps of their own are drawn over time", () => {
  const { axis, points } = chartSeries([metric(0, 1, 5_000), metric(0, 2, 6_500)], 100);
  expect(axis).toBe("seconds");
  expect(points.map(({ at }) => at)).toEqual([0, 1.5]);
});

test("nothing logged draws nothing", () => {
  expect(chartSeries([], 100).points).toEqual([]);
});

test("however many values there are, the limit holds, order stays, and the extremes are kept", () => {
  const values = fc.array(fc.float({ noNaN: true, noDefaultInfinity: true }), {
    minLength: 2,
    maxLength: 600,
  });
  fc.assert(
    fc.property(values, fc.integer({ min: 10, max: 100 }), (all, limit) => {
      const { points } = chartSeries(
        all.map((value, step) => metric(step, value)),
        limit,
      );
      expect(points.length).toBeLessThanOrEqual(limit);
      const drawn = points.map(({ value }) => value);
      expect(Math.max(...drawn)).toBe(Math.max(...all));
      expect(Math.min(...drawn)).toBe(Math.min(...all));
      const places = points.map(({ at }) => at);
      expect(places).toEqual([...new Set(places)].sort((a, b) => a - b));
    }),
  );
});
