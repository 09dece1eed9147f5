import { expect, test } from "vitest";
import { PredictionQueue } from "./prediction-queue.ts";

const settings = { queueLimit: 4, queueBytesLimit: 100, recordLimitBytes: 50 };
const batch = { items: 2, bytes: 1_000, intervalMs: 3_600_000 };

function openQueue(write: (items: readonly number[]) => Promise<void>, more: object = {}) {
  const lost: [string, number][] = [];
  const errors: unknown[] = [];
  const queue = new PredictionQueue<number>({
    settings,
    batch: { ...batch, ...more },
    write,
    onLost: (reason, count) => void lost.push([reason, count]),
    report: (error) => void errors.push(error),
  });
  return { queue, lost, errors };
}

test("what comes is written in its order, in batches, by number or when it is asked for", async () => {
  const written: (readonly number[])[] = [];
  const { queue, lost } = openQueue(async (items) => void written.push(items));
  for (const item of [1, 2, 3]) expect(queue.add(item, 1)).toBe(true);
  await expect.poll(() => written.length, { interval: 5 }).toBe(2);
  queue.add(4, 1);
  expect(written.flat()).toEqual([1, 2, 3]);
  await queue.flush();
  expect(written).toEqual([[1, 2], [3], [4]]);
  await queue.close();
  expect(lost).toEqual([]);
});

test("what comes while a batch is written waits for the next one, and no two are written at once", async () => {
  const written: (readonly number[])[] = [];
  let under = 0;
  const gate = Promise.withResolvers<void>();
  const { queue } = openQueue(async (items) => {
    under++;
    expect(under).toBe(1);
    await gate.promise;
    written.push(items);
    under--;
  });
  queue.add(1, 1);
  const flushed = queue.flush();
  await Promise.resolve();
  queue.add(2, 1);
  const again = queue.flush();
  gate.resolve();
  await Promise.all([flushed, again]);
  expect(written).toEqual([[1], [2]]);
  await queue.close();
});

test("a full queue, too many bytes and a too large item are counted, each with its reason", async () => {
  const { queue, lost } = openQueue(() => Promise.reject(new Error("no")), { items: 100 });
  expect(queue.add(0, 51)).toBe(false);
  expect([1, 2].map((item) => queue.add(item, 50))).toEqual([true, true]);
  expect(queue.add(3, 1)).toBe(false);
  expect([queue.add(4, 0), queue.add(5, 0), queue.add(6, 0)]).toEqual([true, true, false]);
  expect(lost).toEqual([
    ["too_large", 1],
    ["full", 1],
    ["full", 1],
  ]);
  await queue.close();
  expect(lost.at(-1)).toEqual(["failed", 4]);
});

test("what could not be written is written at the next try, once", async () => {
  const written: (readonly number[])[] = [];
  let fails = true;
  const { queue, lost, errors } = openQueue(async (items) => {
    if (fails) throw new Error("the store is away");
    written.push(items);
  });
  queue.add(1, 1);
  await queue.flush();
  expect(errors).toHaveLength(1);
  fails = false;
  await queue.flush();
  await queue.close();
  expect(written).toEqual([[1]]);
  expect(lost).toEqual([]);
});
