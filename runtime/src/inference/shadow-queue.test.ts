import { setTimeout as wait } from "node:timers/promises";
import { afterEach, describe, expect, test } from "vitest";
import type { Tensor } from "../domain/tensor.ts";
import { RolloutTally } from "./rollout-tally.ts";
import { type ShadowCall, ShadowQueue } from "./shadow-queue.ts";

const y: Tensor = { datatype: "FP32", shape: [1], data: new Float32Array([1]) };
const outputs = new Map([["y", y]]);
const bounds = {
  shadowQueueLimit: 4,
  shadowQueueBytes: 1_000,
  shadowMaxAgeMs: 60_000,
  shadowDutyPercent: 100,
};
const plan = {
  ...{ versions: [2], share: 10_000, queueLimit: 3, queueBytes: 500 },
  tolerance: { absolute: 0, relative: 0 },
};

const patience = { timeout: 20_000 };
const open: ShadowQueue[] = [];
afterEach(() => {
  for (const queue of open.splice(0)) queue.close();
});

/** A queue whose candidate answers when it is told to. */
function world(settings: Partial<typeof bounds> = {}) {
  const tally = new RolloutTally();
  const state = { busy: false, running: 0, most: 0, ran: 0, now: 0 };
  const gate = Promise.withResolvers<void>();
  const queue = new ShadowQueue(
    { ...bounds, ...settings },
    tally,
    () => state.busy,
    () => state.now,
  );
  open.push(queue);
  const served = {
    async run() {
      state.running++;
      state.ran++;
      state.most = Math.max(state.most, state.running);
      await gate.promise;
      state.running--;
      return outputs;
    },
  };
  const offer = (more: Partial<ShadowCall> = {}) =>
    queue.offer({
      ...{ rolloutId: "r", position: 0, version: 2, bytes: 10, served, plan, outputs },
      call: { inputs: new Map(), outputs: ["y"] },
      ...more,
    });
  const counts = () => {
    const deltas = tally.take();
    tally.giveBack(deltas);
    const sum = (name: "dropped" | "compared" | "failed") =>
      deltas.reduce((all, delta) => all + delta.counts[name], 0);
    return { dropped: sum("dropped"), compared: sum("compared"), failed: sum("failed") };
  };
  return { queue, state, offer, counts, open: gate.resolve };
}

describe("the queue of shadows", () => {
  test("takes a rollout's requests up to its limit and its bytes, drops the others and counts them", () => {
    const { offer, queue, counts } = world();
    for (let at = 0; at < 5; at++) offer();
    expect(queue.length).toBe(3);
    expect(counts().dropped).toBe(2);
    offer({ rolloutId: "bytes", bytes: 501 });
    offer({ rolloutId: "bytes", bytes: 500 });
    expect(queue.length).toBe(4);
    expect(counts().dropped).toBe(3);
  });

  test("takes requests of all rollouts up to the replica's limit and its bytes", () => {
    const { offer, queue, counts } = world();
    for (const rolloutId of ["a", "b", "c", "d", "e"]) offer({ rolloutId });
    expect([queue.length, counts().dropped]).toEqual([4, 1]);
    const narrow = world({ shadowQueueBytes: 600 });
    narrow.offer({ rolloutId: "a", bytes: 400 });
    narrow.offer({ rolloutId: "b", bytes: 201 });
    narrow.offer({ rolloutId: "b", bytes: 200 });
    expect([narrow.queue.length, narrow.counts().dropped]).toEqual([2, 1]);
  });

  test("drops what waits for a rollout that has ended, and gives its room to others", () => {
    const { offer, queue, counts } = world();
    for (let at = 0; at < 3; at++) offer({ rolloutId: "ended", bytes: 150 });
    offer({ rolloutId: "other" });
    queue.retain((id) => id === "other");
    expect([queue.length, counts().dropped]).toEqual([1, 3]);
    for (let at = 0; at < 3; at++) offer({ rolloutId: "ended", bytes: 150 });
    expect([queue.length, counts().dropped]).toEqual([4, 3]);
  });

  test("runs one at a time, after the caller's turn, and has room again when it is done", async () => {
    const { offer, queue, state, counts, open } = world();
    for (let at = 0; at < 3; at++) offer();
    expect(state.ran).toBe(0);
    await expect.poll(() => state.ran).toBe(1);
    expect(queue.length).toBe(2);
    open();
    await expect.poll(counts).toEqual({ compared: 3, dropped: 0, failed: 0 });
    expect(state.most).toBe(1);
    for (let at = 0; at < 3; at++) offer();
    await expect.poll(() => counts().compared).toBe(6);
  });

  test("waits for its part of the time while callers wait, and not at all when none does", async () => {
    const { offer, state, counts, open } = world({ shadowDutyPercent: 1 });
    state.busy = true;
    offer();
    await expect.poll(() => state.ran).toBe(1);
    // The run takes a second, so that nothing runs for the next 99.
    state.now = 1_000;
    open();
    await expect.poll(() => counts().compared).toBe(1);
    state.now = 99_000;
    offer();
    await wait(20);
    expect(state.ran).toBe(1);
    state.busy = false;
    offer();
    await expect.poll(() => counts().compared, patience).toBe(3);
  });

  test("drops what has waited too long, and what waits when it is closed; a candidate that fails is counted", async () => {
    const { offer, queue, counts, open, state } = world({ shadowMaxAgeMs: 1_000 });
    offer();
    await expect.poll(() => state.ran).toBe(1);
    offer();
    state.now = 1_001;
    open();
    await expect.poll(() => counts().dropped).toBe(1);
    const failing = { run: () => Promise.reject(new Error("broken")) };
    offer({ served: failing });
    await expect.poll(() => counts().failed).toBe(1);
    offer();
    queue.close();
    offer();
    expect(counts().dropped).toBe(3);
  });
});
