import { settings } from "@bedplate/contract";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { startTraceRetention } from "./trace-retention.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const bounds = { ...settings.shape.traces.parse({}), deleteLimit: 3, sweepIntervalMs: 1_000 };

test("traces past their time are looked for again and again, a bounded number at once, until it is closed", async () => {
  const calls: (readonly [number, number])[] = [];
  const reported: unknown[] = [];
  const deleteOlder = async (before: number, limit: number) => {
    calls.push([before, limit]);
    if (calls.length === 1) throw new Error("as meant");
    return 0;
  };
  const kept = { ...bounds, retentionMs: 400 };
  const { close } = startTraceRetention(
    { deleteOlder },
    kept,
    () => 1_000,
    (error) => reported.push(error),
  );
  await vi.advanceTimersByTimeAsync(1_500);
  expect(calls).toEqual([
    [600, 3],
    [600, 3],
  ]);
  expect(reported).toHaveLength(1);
  await close();
  await vi.advanceTimersByTimeAsync(10_000);
  expect(calls).toHaveLength(2);
});

test("without a time after which they go, nothing looks for traces", async () => {
  const deleteOlder = () => Promise.reject(new Error("was called"));
  const { close } = startTraceRetention(
    { deleteOlder },
    bounds,
    () => 0,
    (error) => expect(error).toBeUndefined(),
  );
  await vi.advanceTimersByTimeAsync(10_000);
  await close();
  expect(bounds.retentionMs).toBe(0);
});
