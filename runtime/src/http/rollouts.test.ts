import type { Rollout, RolloutList } from "@bedplate/contract";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { linearModel, modelFile, value } from "../../testing/onnx-model.ts";
import { openRolloutService, type RolloutService } from "../../testing/rollout-service.ts";

let service: RolloutService;
beforeAll(async () => {
  service = await openRolloutService();
});
afterAll(() => service.close());

const weights = (...all: number[]) => all.map((weight) => linearModel([weight]));
const canary = (...percents: number[]) => ({
  strategy: "canary" as const,
  candidate: 2,
  steps: percents.map((percent) => ({ percent, holdMs: 1_000 })),
  minimumSamples: 10,
});
const order = (rollout: Rollout, what: string, body: object = {}) =>
  service.call("POST", `/${rollout.model}/rollouts/${rollout.id}/${what}`, body);
const get = async ({ model, id }: Rollout) =>
  (await service.call("GET", `/${model}/rollouts/${id}`)).body as unknown as Rollout;

async function versionsOf(
  model: string,
  requests: number,
  more: Parameters<RolloutService["predict"]>[1] = {},
) {
  const counts: Record<string, number> = {};
  for (let at = 0; at < requests; at++) {
    const { version } = await service.predict(model, more);
    counts[version] = (counts[version] ?? 0) + 1;
  }
  return counts;
}

describe("a canary", () => {
  test("gets its share, goes on by itself, and ends as any promotion: history, alias and what answers agree", async () => {
    await service.register("walk", weights(1, 2));
    const rollout = await service.start("walk", { ...canary(50, 100), finish: "promote" });
    expect(rollout).toMatchObject({ state: "running", revision: 1, baseline: 1, environment: "test" });
    const counts = await versionsOf("walk", 60);
    expect((counts[1] ?? 0) + (counts[2] ?? 0)).toBe(60);
    expect(Math.min(counts[1] ?? 0, counts[2] ?? 0)).toBeGreaterThan(10);
    await service.conduct();
    expect((await get(rollout)).position).toBe(0);
    service.clock.now += 1_000;
    await service.conduct();
    expect(await get(rollout)).toMatchObject({ position: 1, revision: 2 });
    expect(await versionsOf("walk", 12)).toEqual({ 2: 12 });
    service.clock.now += 1_000;
    await service.conduct();
    expect(await get(rollout)).toMatchObject({ state: "promoted", champion: 2, endedAt: service.clock.now });
    expect(await versionsOf("walk", 3)).toEqual({ 2: 3 });
    const { body } = await service.call("GET", "/walk/history");
    expect(body).toMatchObject({
      entries: [{ actor: "bedplate", action: "set", from: 1, to: 2 }, { to: 1 }],
    });
    const history = await service.call("GET", `/walk/rollouts/${rollout.id}/history?limit=2`);
    expect(history.body).toMatchObject({ changes: [{ action: "promoted" }, { action: "advanced" }] });
    expect(history.body.next).not.toBe(null);
  });

  test("answers name the version, a header asks for it, and a caller stays with one", async () => {
    await service.register("sticky", weights(1, 2));
    const sticky = { by: "header" as const, name: "x-user" };
    const match = { header: "x-canary", value: "yes" };
    const rollout = await service.start("sticky", { ...canary(50), sticky, match });
    expect(await service.predict("sticky", { headers: { "x-canary": "yes" } })).toMatchObject({
      version: "2",
      y: 2,
    });
    const first = new Map<string, string>();
    for (const user of ["ann", "bob", "cat", "dan", "eve", "fay", "gus", "hal"]) {
      const counts = await versionsOf("sticky", 4, { headers: { "x-user": user } });
      expect(Object.keys(counts)).toHaveLength(1);
      first.set(user, Object.keys(counts)[0] ?? "");
    }
    expect(new Set(first.values()).size).toBe(2);
    const path = "/v2/models/sticky/versions/2/infer";
    expect(await service.predict("sticky", { path })).toMatchObject({ version: "2" });
    await order(rollout, "abort");
    expect((await service.predict("sticky", { path })).status).toBe(404);
  });

  test("a parameter or the id of the request keeps a caller too", async () => {
    await service.register("parameter", weights(1, 2));
    const sticky = { by: "parameter" as const, name: "user" };
    await service.start("parameter", { ...canary(50), sticky });
    for (const user of ["a", "b", "c"]) {
      const counts = await versionsOf("parameter", 8, { body: { parameters: { user } } });
      expect(Object.keys(counts)).toHaveLength(1);
    }
  });

  test("is aborted when its candidate fails, with the figures as the reason, and the champion answers everything again", async () => {
    // The candidate cannot reshape anything but two rows.
    const fails = modelFile({
      node: [{ op_type: "Reshape", input: ["x", "shape"], output: ["y"] }],
      initializer: [
        {
          name: "shape",
          dims: [2],
          data_type: 7,
          raw_data: Buffer.from([2, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0]),
        },
      ],
      input: [value("x", "FP32", ["n", 1])],
      output: [value("y", "FP32", ["n", 1])],
    });
    await service.register("fails", [linearModel([1]), fails]);
    const rollout = await service.start("fails", canary(50));
    for (let at = 0; at < 60; at++) await service.predict("fails");
    await service.conduct();
    const ended = await get(rollout);
    expect(ended).toMatchObject({ state: "aborted", champion: 1 });
    expect(ended.reason).toMatch(/^Version 2: 100 % of its answers failed over \d+ answers/);
    expect(await versionsOf("fails", 20)).toEqual({ 1: 20 });
  });

  test("ends by itself when its candidate cannot be loaded, or takes what callers do not send", async () => {
    await service.register("unfit", [linearModel([1]), Buffer.from("not a model"), linearModel([1, 2])]);
    for (const [candidate, reason] of [
      [2, /^Version 2 cannot be served/],
      [3, /^Version 3 .*its input "x" is FP32 of shape \[-1, 2\], the champion's FP32 of shape \[-1, 1\]/],
    ] as const) {
      const rollout = await service.start("unfit", { ...canary(100), candidate });
      expect(await versionsOf("unfit", 5)).toEqual({ 1: 5 });
      await service.conduct();
      expect(await get(rollout)).toMatchObject({ state: "aborted", reason: expect.stringMatching(reason) });
    }
  });

  test("pauses where promotion is not allowed, and says why", async () => {
    await service.register("gated", weights(1, 2));
    const rollout = await service.start("gated", { ...canary(100), finish: "promote" });
    await service.call("PUT", "/gated/promotion-policy", { approvals: { count: 1 } });
    await versionsOf("gated", 10);
    service.clock.now += 1_000;
    await service.conduct();
    expect(await get(rollout)).toMatchObject({
      state: "paused",
      reason: expect.stringContaining("may not become champion"),
    });
    expect((await order(rollout, "promote")).body).toMatchObject({ code: "PROMOTION_BLOCKED" });
    const again = await service.call("POST", "/gated/rollouts", { rollout: canary(1) });
    expect(again.body).toMatchObject({ code: "CONFLICT", detail: expect.stringContaining(rollout.id) });
  });
});

test("a flip swaps after the new version is in memory, one call goes back, and the history has both", async () => {
  await service.register("flip", weights(1, 2));
  const rollout = await service.start("flip", { strategy: "blueGreen", candidate: 2, holdMs: 5_000 });
  expect(await versionsOf("flip", 5)).toEqual({ 1: 5 });
  expect((await service.statistics(rollout)).variants).toMatchObject([
    { version: 1, loaded: true },
    { version: 2, loaded: true },
  ]);
  expect((await order(rollout, "promote")).body).toMatchObject({
    state: "running",
    position: 1,
    champion: 2,
  });
  expect(await versionsOf("flip", 5)).toEqual({ 2: 5 });
  expect((await order(rollout, "abort", { comment: "it drifts" })).body).toMatchObject({
    state: "aborted",
    champion: 1,
  });
  expect(await versionsOf("flip", 5)).toEqual({ 1: 5 });
  expect((await order(rollout, "abort")).status).toBe(200);
  const { body } = await service.call("GET", "/flip/history");
  expect(body).toMatchObject({
    entries: [{ action: "rolled-back", to: 1, comment: "it drifts" }, { to: 2 }, { to: 1 }],
  });
  const second = await service.start("flip", { strategy: "blueGreen", candidate: 2, holdMs: 5_000 });
  await order(second, "promote");
  service.clock.now += 5_000;
  await service.conduct();
  expect(await get(second)).toMatchObject({ state: "promoted", champion: 2 });
  expect(service.host.isLoaded("flip", 1)).toBe(false);
});

test("an A/B test says which version is better, with outcomes that are reported later", async () => {
  await service.register("test", weights(1, 2, 3));
  const candidates = [
    { version: 2, percent: 40 },
    { version: 3, percent: 20 },
  ];
  const rollout = await service.start("test", {
    strategy: "ab",
    candidates,
    minimumSamples: 20,
    effects: { outcome: 1 },
  });
  await versionsOf("test", 30);
  const outcomes = Array.from({ length: 600 }, (_, at) => {
    const version = 1 + (at % 3);
    return { version, value: (at % 7) / 7 + (version === 2 ? 1 : 0) };
  });
  expect((await order(rollout, "outcomes", { outcomes })).body).toEqual({ accepted: 600 });
  await service.conduct();
  const found = await service.statistics(rollout);
  expect(found.variants.map(({ version, role, percent }) => [version, role, percent])).toEqual([
    [1, "champion", 40],
    [2, "candidate", 40],
    [3, "candidate", 20],
  ]);
  expect(found.variants.reduce((sum, { answers }) => sum + answers, 0)).toBe(30);
  const verdicts = found.comparisons.filter(({ metric }) => metric === "outcome");
  expect(verdicts).toMatchObject([
    { version: 2, verdict: "better" },
    { version: 3, verdict: "undecided" },
  ]);
  expect((await order(rollout, "outcomes", { outcomes: [{ version: 9, value: 1 }] })).body).toMatchObject({
    code: "INVALID_REQUEST",
  });
  expect((await order(rollout, "promote")).body).toMatchObject({ code: "INVALID_REQUEST" });
  expect((await order(rollout, "promote", { version: 3 })).body).toMatchObject({
    state: "promoted",
    champion: 3,
  });
  expect(await versionsOf("test", 3)).toEqual({ 3: 3 });
});

test("a shadow's differences are kept as statistics, and it answers nobody", async () => {
  await service.register("shade", [linearModel([1]), linearModel([1], 0.5)]);
  const rollout = await service.start("shade", { strategy: "shadow", candidates: [2] });
  expect(await versionsOf("shade", 10)).toEqual({ 1: 10 });
  await expect
    .poll(
      async () => {
        await service.conduct();
        return (await service.statistics(rollout)).variants[1]?.shadow;
      },
      { timeout: 30_000 },
    )
    .toMatchObject({ compared: 10, agreed: 0, failed: 0, dropped: 0, maxAbsolute: 0.5, maxRelative: 0.5 });
});

describe("a rollout and its model", () => {
  test("versions in it cannot be deleted; a champion moved by hand ends it; a deleted model takes it along", async () => {
    await service.register("held", weights(1, 2, 3));
    const rollout = await service.start("held", canary(10));
    for (const version of [1, 2]) {
      await expect(service.ports.registry.versions.delete("held", version, "ann")).rejects.toThrow(
        rollout.id,
      );
    }
    await service.call("POST", "/held/promote", { version: 3 });
    expect(await get(rollout)).toMatchObject({ state: "superseded", reason: "Version 3 became champion." });
    await service.ports.registry.versions.delete("held", 2, "ann");
    const next = await service.start("held", { strategy: "shadow", candidates: [1] });
    await service.ports.registry.models.delete("held", "ann");
    await service.host.reconcile();
    expect(service.host.isLoaded("held", 1)).toBe(false);
    const events = await service.db
      .selectFrom("audit_log")
      .select(["actor", "data"])
      .where("type", "=", "dev.bedplate.rollout.changed")
      .where("subject", "=", "held")
      .orderBy("sequence")
      .execute();
    expect(events.map(({ data }) => [data.action, data.rolloutId])).toEqual([
      ["started", rollout.id],
      ["superseded", rollout.id],
      ["started", next.id],
      ["superseded", next.id],
    ]);
  });

  test("needs a champion, another version than it, and one that is there", async () => {
    await service.register("needs", weights(1, 2));
    const wrong = async (candidate: number) =>
      (await service.call("POST", "/needs/rollouts", { rollout: { ...canary(1), candidate } })).body.code;
    expect(await wrong(1)).toBe("CONFLICT");
    expect(await wrong(9)).toBe("NOT_FOUND");
    await service.ports.registry.deleteAlias({ model: "needs", alias: "champion", actor: "ann" });
    expect(await wrong(2)).toBe("CONFLICT");
  });

  test("a newer revision refuses a change of an older one", async () => {
    await service.register("revised", weights(1, 2));
    const rollout = await service.start("revised", canary(1, 2, 3));
    expect((await order(rollout, "pause", { revision: 1 })).body).toMatchObject({
      state: "paused",
      revision: 2,
    });
    expect((await order(rollout, "advance", { revision: 1 })).body).toMatchObject({ code: "CONFLICT" });
    expect((await order(rollout, "resume", { revision: 2 })).body).toMatchObject({
      state: "running",
      revision: 3,
    });
    expect((await order(rollout, "advance")).body).toMatchObject({ position: 1 });
    const { rollouts } = (await service.call("GET", "/api/bedplate/v1/rollouts"))
      .body as unknown as RolloutList;
    expect(rollouts.map(({ model }) => model)).toContain("revised");
    expect((await service.call("GET", "/revised/rollouts")).body).toMatchObject({
      rollouts: [{ id: rollout.id }],
      next: null,
    });
    expect((await service.call("GET", "/flip/rollouts/x")).status).toBe(400);
    expect((await service.call("GET", `/flip/rollouts/${rollout.id}`)).status).toBe(404);
  });

  test("an installation has so many under way and no more", async () => {
    const narrow = await openRolloutService({ limit: 1 });
    try {
      for (const model of ["one", "two"]) await narrow.register(model, weights(1, 2));
      const first = await narrow.start("one", canary(1));
      const start = () => narrow.call("POST", "/two/rollouts", { rollout: canary(1) });
      const refused = await start();
      expect([refused.status, refused.body.code]).toEqual([429, "QUEUE_FULL"]);
      await narrow.call("POST", `/one/rollouts/${first.id}/abort`, {});
      expect((await start()).status).toBe(201);
    } finally {
      await narrow.close();
    }
  });

  test("all problems of one that is wrong are told at once", async () => {
    const rollout = {
      strategy: "canary",
      candidate: 0,
      steps: [{ percent: 50 }, { percent: 20 }],
      surprise: 1,
    };
    const { status, body } = await service.call("POST", "/needs/rollouts", { rollout });
    expect(status).toBe(400);
    expect(body.problems).toHaveLength(3);
  });
});
