import { type Route, type RouteName, routes } from "@bedplate/contract";
import type { InjectOptions } from "fastify";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openService, type ServiceUnderTest, token } from "../../testing/service.ts";
import { createIdempotencyStore } from "../store/idempotency-store.ts";
import type { Tables } from "../store/tables.ts";
import { createTrainingStore } from "../store/training-store.ts";

const limit = 40;
const retentionMs = 60_000;
let now = 1_000_000;
let service: ServiceUnderTest;
let jobToken = "";
beforeAll(async () => {
  service = await openService((made, db) => ({
    idempotency: createIdempotencyStore(db, () => now, { limit, retentionMs, waitMs: 1_000 }),
    training: {
      ...made.training,
      submit: (spec, actor) =>
        createTrainingStore(db, Date.now).submit({ ...spec, timeoutMs: 1_000 }, actor, 1_000),
    },
  }));
  jobToken = await service.ports.identities.issueJobToken("j", Date.now() + 600_000);
  await post("/api/2.0/mlflow/registered-models/create", { name: "m" });
  await post("/api/2.0/mlflow/model-versions/create", { name: "m", source: "mlflow-artifacts:/0/x" });
});
afterAll(() => service.close());

async function post(url: string, payload: object, key?: string, bearer = token) {
  const options: InjectOptions = { method: "POST", url, payload };
  const headers = {
    authorization: `Bearer ${bearer}`,
    ...(key === undefined ? {} : { "idempotency-key": key }),
  };
  const answer = await service.app.inject({ ...options, headers });
  return {
    status: answer.statusCode,
    body: answer.body,
    type: answer.headers["content-type"],
    repeated: answer.headers["idempotency-replayed"],
  };
}

const count = async (table: keyof Tables) => {
  const { n } = await service.db
    .selectFrom(table)
    .select((eb) => eb.fn.countAll().as("n"))
    .executeTakeFirstOrThrow();
  return Number(n);
};

interface Case {
  readonly url?: string;
  readonly body: object;
  readonly other: object;
  readonly table: keyof Tables;
}

const job = {
  name: "train",
  command: ["node", "-e", "0"],
  workingDirectory: ".",
  environment: {},
  maxAttempts: 1,
};
const hook = { url: "https://example.org/h", events: [{ entity: "REGISTERED_MODEL", action: "CREATED" }] };
const version = { name: "m", source: "mlflow-artifacts:/0/x" };
/** A request of each keyed route, another one of it, and where what it makes is. */
const cases: Partial<Record<RouteName, Case>> = {
  createExperiment: { body: { name: "e" }, other: { name: "f" }, table: "experiments" },
  createRun: { body: { experiment_id: "0" }, other: { experiment_id: "0", run_name: "x" }, table: "runs" },
  createLoggedModel: {
    body: { experiment_id: "0", name: "l" },
    other: { experiment_id: "0", name: "k" },
    table: "logged_models",
  },
  createRegisteredModel: { body: { name: "r" }, other: { name: "s" }, table: "registered_models" },
  createModelVersion: { body: version, other: { ...version, description: "x" }, table: "model_versions" },
  createWebhook: { body: { name: "h", ...hook }, other: { name: "i", ...hook }, table: "webhooks" },
  submitJob: { body: job, other: { ...job, name: "other" }, table: "training_jobs" },
  giveApproval: {
    url: "/api/bedplate/v1/models/m/versions/1/approvals",
    body: { decision: "approve", reason: "good" },
    other: { decision: "reject", reason: "bad" },
    table: "version_approvals",
  },
  startRollout: {
    url: "/api/bedplate/v1/models/rolled/rollouts",
    body: { rollout: { strategy: "shadow", candidates: [2] } },
    other: { rollout: { strategy: "blueGreen", candidate: 2 } },
    table: "rollouts",
  },
  advanceRollout: { body: {}, other: { comment: "x" }, table: "rollout_changes" },
  reportOutcomes: {
    body: { outcomes: [{ version: 2, value: 1 }] },
    other: { outcomes: [{ version: 1, value: 1 }] },
    table: "rollout_counts",
  },
};

/** A model whose canary can go on, and one that can have a rollout. */
async function makeRollouts(): Promise<string> {
  for (const name of ["rolled", "canary"]) {
    await post("/api/2.0/mlflow/registered-models/create", { name });
    for (const _ of [1, 2]) {
      await post("/api/2.0/mlflow/model-versions/create", { name, source: "mlflow-artifacts:/0/x" });
    }
    const { registry } = service.ports;
    await registry.setAlias({ model: name, alias: "champion", version: 1, actor: "ann" });
  }
  const rollout = { strategy: "canary", candidate: 2, steps: [{ percent: 1 }, { percent: 2 }] };
  const made = await post("/api/bedplate/v1/models/canary/rollouts", { rollout });
  return `/api/bedplate/v1/models/canary/rollouts/${JSON.parse(made.body).id}`;
}
const all: readonly [string, Route][] = Object.entries(routes);

test("every keyed route makes one thing of a request that is sent again, answers the same, and refuses another one under its key", async () => {
  const keyed = all.filter(([, route]) => route.keyed === true).map(([name]) => name);
  expect(Object.keys(cases).sort(), "each keyed route has a case here").toEqual(keyed.sort());
  const canary = await makeRollouts();
  for (const [name, { url, body, other, table }] of Object.entries(cases)) {
    const route: Route = routes[name as RouteName];
    const address = url ?? route.path.replace("/api/bedplate/v1/models/:name/rollouts/:id", canary);
    const things = await count(table);
    const first = await post(address, body, `"${name}"`);
    expect([name, first.status < 300, first.repeated], first.body).toEqual([name, true, undefined]);
    const made = [await count(table), await count("events"), await count("audit_log")];
    expect([name, made[0]]).toEqual([name, things + 1]);
    for (const at of [address, ...(route.also ?? []).slice(0, url === undefined ? 1 : 0)]) {
      const again = await post(at, body, name);
      expect(again).toEqual({ ...first, repeated: "true" });
    }
    const refused = await post(address, other, name);
    expect([name, refused.status]).toEqual([name, 422]);
    expect(refused.body).toContain("Idempotency-Key came with another request");
    expect([await count(table), await count("events"), await count("audit_log")]).toEqual(made);
  }
});

test("keyed routes are those that make things: POST with a JSON body, and not idempotent by themselves", () => {
  for (const [name, route] of all) {
    if (route.keyed !== true) continue;
    expect([name, route.method, route.body, route.idempotent]).toEqual([name, "POST", "json", false]);
  }
});

test("many at once under one key make one thing, and all get its answer", async () => {
  const before = await count("runs");
  const answers = await Promise.all(
    Array.from({ length: 12 }, () => post("/api/2.0/mlflow/runs/create", { experiment_id: "0" }, "at-once")),
  );
  expect(new Set(answers.map(({ status, body }) => `${status} ${body}`)).size).toBe(1);
  expect(answers.filter(({ repeated }) => repeated === "true")).toHaveLength(11);
  expect(await count("runs")).toBe(before + 1);
});

test("a key is its owner's and its route's: others may use the same one", async () => {
  const before = await count("runs");
  const create = (bearer: string) =>
    post("/api/2.0/mlflow/runs/create", { experiment_id: "0" }, "shared", bearer);
  const [mine, theirs] = [await create(token), await create(jobToken)];
  expect([mine.status, theirs.status, theirs.repeated]).toEqual([200, 200, undefined]);
  expect(theirs.body).not.toBe(mine.body);
  expect((await post("/api/2.0/mlflow/registered-models/create", { name: "shared" }, "shared")).status).toBe(
    200,
  );
  expect(await count("runs")).toBe(before + 2);
});

test("a refused request leaves neither a thing nor its key, so that the key may be used for the corrected one", async () => {
  const keys = await count("idempotency_keys");
  const url = "/api/2.0/mlflow/registered-models/create";
  expect((await post(url, { name: "m" }, "corrected")).status).toBe(400);
  expect((await post(url, { name: "m/" }, "corrected")).status).toBe(400);
  expect(await count("idempotency_keys")).toBe(keys);
  expect((await post(url, { name: "corrected" }, "corrected")).status).toBe(200);
});

test("a key that cannot be one is refused in the route's words, and nothing is made", async () => {
  const before = await count("runs");
  const answer = await post("/api/2.0/mlflow/runs/create", { experiment_id: "0" }, "k".repeat(256));
  expect([answer.status, JSON.parse(answer.body)]).toMatchObject([
    400,
    { error_code: "INVALID_PARAMETER_VALUE" },
  ]);
  expect(await count("runs")).toBe(before);
});

test("keys survive a restart and end after their time; one that ended is good for another request", async () => {
  const { db } = service;
  const restarted = createIdempotencyStore(db, () => now, { limit, retentionMs, waitMs: 1_000 });
  const claim = { owner: "o", hash: "0".repeat(64), fingerprint: "f" };
  const work = (body: string) => async () => ({ status: 200, body });
  await service.ports.idempotency.once(claim, work("first"));
  now += retentionMs - 1;
  expect(await restarted.once(claim, work("second"))).toMatchObject({
    answer: { body: "first" },
    repeated: true,
  });
  now += 1;
  const other = { ...claim, fingerprint: "g" };
  expect(await restarted.once(other, work("third"))).toMatchObject({
    answer: { body: "third" },
    repeated: false,
  });
  const rows = await db.selectFrom("idempotency_keys").select("hash").execute();
  expect(rows).toEqual([{ hash: claim.hash }]);
});

test("an identity may have so many keys and no more; the request over the limit is refused and makes nothing", async () => {
  now += retentionMs;
  const before = await count("runs");
  const create = (at: number) => post("/api/2.0/mlflow/runs/create", { experiment_id: "0" }, `key-${at}`);
  for (let at = 0; at < limit; at++) expect((await create(at)).status).toBe(200);
  const refused = await create(limit);
  expect([refused.status, JSON.parse(refused.body)]).toMatchObject([
    429,
    { error_code: "REQUEST_LIMIT_EXCEEDED" },
  ]);
  expect((await create(0)).repeated).toBe("true");
  expect(await count("runs")).toBe(before + limit);
  now += retentionMs;
  expect((await create(limit)).status).toBe(200);
  expect(await count("idempotency_keys")).toBe(1);
});

test("nothing of the key or of what was asked can be read in the database", async () => {
  await post("/api/2.0/mlflow/registered-models/create", { name: "kept" }, "hunter2-key");
  const rows = await service.db.selectFrom("idempotency_keys").selectAll().execute();
  expect(JSON.stringify(rows)).not.toContain("hunter2");
});
