import fc from "fast-check";
import { expect, test } from "vitest";
import { PaceMeter } from "./pace-meter.ts";

const profile = (maxRows: number | null, batchMs: number | null) => ({
  inputs: [],
  outputs: [],
  batch: maxRows === null ? null : { minRows: 1, maxRows },
  batchMs,
  memoryBytes: 1,
  bounded: true,
});
const ms = fc.double({ min: 0.01, max: 1_000, noNaN: true });
const maxRows = fc.integer({ min: 1, max: 64 });

test("begins with what was measured: by itself on one thread, shared by as many processes as there are", () => {
  expect(new PaceMeter({ slots: 1, profile: profile(8, 4) })).toMatchObject({ msPerRow: 0.5, roomRows: 8 });
  expect(new PaceMeter({ slots: 2, profile: profile(8, 4) })).toMatchObject({ msPerRow: 0.5, roomRows: 16 });
  expect(new PaceMeter({ slots: 8, profile: profile(null, 40) })).toMatchObject({
    msPerRow: 10,
    roomRows: 8,
  });
  expect(new PaceMeter({ slots: 2, profile: profile(8, null) }).msPerRow).toBeNull();
});

test("whatever was measured before, a steady stream of full batches makes its pace known", () => {
  fc.assert(
    fc.property(ms, ms, maxRows, (measured, real, most) => {
      const meter = new PaceMeter({ slots: 2, profile: profile(most, measured) });
      for (let at = 0; at < 300; at++) meter.done(most, real, true);
      expect(meter.msPerRow).toBeCloseTo(real / most, 5);
    }),
  );
});

test("the pace stays between the fastest and the slowest of all batches", () => {
  const batches = fc.array(fc.tuple(fc.integer({ min: 1, max: 64 }), ms), { minLength: 1, maxLength: 50 });
  fc.assert(
    fc.property(batches, (all) => {
      const meter = new PaceMeter({ slots: 1, profile: profile(64, null) });
      for (const [rows, time] of all) meter.done(rows, time, true);
      const paces = all.map(([rows, time]) => time / rows);
      expect(meter.msPerRow).toBeGreaterThanOrEqual(Math.min(...paces) * (1 - 1e-9));
      expect(meter.msPerRow).toBeLessThanOrEqual(Math.max(...paces) * (1 + 1e-9));
    }),
  );
});

test("a small batch while nobody waits never makes a model look slower than its time tells, nor faster", () => {
  fc.assert(
    fc.property(ms, ms, maxRows, (measured, real, most) => {
      const meter = new PaceMeter({ slots: 1, profile: profile(most, measured) });
      for (let at = 0; at < 300; at++) meter.done(1, real, false);
      expect(meter.msPerRow).toBeCloseTo(Math.max(measured, real) / most, 1);
      expect(meter.msPerRow).toBeGreaterThanOrEqual((measured / most) * (1 - 1e-9));
      meter.done(0, 1e9, true);
      expect(meter.msPerRow).toBeLessThan(1e8);
    }),
  );
});
