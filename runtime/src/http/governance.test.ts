import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { type AuditEntry, type ModelHistory, verifyAudit } from "@bedplate/contract";
import { sql } from "kysely";
import { afterAll, beforeAll, expect, test } from "vitest";
import { changePinned } from "../../testing/change-pinned.ts";
import { linearModel } from "../../testing/onnx-model.ts";
import { openService, type ServiceUnderTest, token } from "../../testing/service.ts";
import { anchorAudit } from "../events/anchoring.ts";
import { type ModelHost, openModelHost } from "../inference/model-host.ts";

let service: ServiceUnderTest;
let host: ModelHost;
beforeAll(async () => {
  service = await openService();
  const { registry, artifacts, settings, clock, metrics } = service.ports;
  const log = { error: (fields: object) => console.error(fields) };
  host = await openModelHost({ registry, artifacts, settings: settings.serving, clock, metrics, log });
  Object.assign(service.ports.models, host);
});
afterAll(async () => {
  await host.close();
  await service.close();
});

const headers = { host: "127.0.0.1:4680", authorization: `Bearer ${token}` };
const api = "/api/bedplate/v1";
const call = (method: "GET" | "POST" | "PUT" | "DELETE", path: string, payload?: object) =>
  service.app.inject({ method, url: api + path, headers, ...(payload === undefined ? {} : { payload }) });
const mlflow = (path: string, payload: object) =>
  service.app.inject({ method: "POST", url: `/api/2.0/mlflow/${path}`, headers, payload });
const putModel = (path: string, weight: number) =>
  service.ports.artifacts.put(path, Readable.from([linearModel([weight])]), 1_000_000);

/** A model with servable versions, each of its own run, registered by the given actor. */
async function makeModel(name: string, versions: number, actor = "ann"): Promise<readonly string[]> {
  const { registry, tracking } = service.ports;
  await registry.models.create({ name, description: "", tags: [], actor });
  const runs: string[] = [];
  for (let version = 1; version <= versions; version += 1) {
    const run = { experimentId: 0, name: "", userId: "", startTime: undefined, tags: [], actor };
    const runId = (await tracking.runs.create(run)).run_id;
    runs.push(runId);
    await putModel(`0/${name}/${version}/model.onnx`, version);
    const blank = { runLink: "", description: "", modelId: "", tags: [] };
    const source = `mlflow-artifacts:/0/${name}/${version}`;
    await registry.versions.create({ name, source, runId, actor, ...blank });
  }
  return runs;
}

test("the history has every move of the champion, and says which it was at any moment", async () => {
  await makeModel("past", 3);
  const before = Date.now();
  const moments: number[] = [];
  for (const version of [1, 2, 3]) {
    expect((await call("POST", "/models/past/promote", { version, comment: `v${version}` })).statusCode).toBe(
      200,
    );
    moments.push(Date.now());
    await new Promise((done) => setTimeout(done, 5));
  }
  const back = await call("POST", "/models/past/rollback", { from: 3, comment: "it drifts" });
  expect(back.json()).toMatchObject({
    version: 2,
    previousVersion: 3,
    serving: { state: "ready", version: 2 },
  });
  const { entries } = (await call("GET", "/models/past/history")).json<ModelHistory>();
  expect(
    entries.map((entry) => [entry.kind === "alias" && entry.action, entry.from, entry.to, entry.comment]),
  ).toEqual([
    ["rolled-back", 3, 2, "it drifts"],
    ["set", 2, 3, "v3"],
    ["set", 1, 2, "v2"],
    ["set", null, 1, "v1"],
  ]);
  expect(entries.every(({ actor }) => actor === "admin")).toBe(true);
  const championAt = async (at: number | "") =>
    (await call("GET", `/models/past/champion${at === "" ? "" : `?at=${at}`}`)).json();
  expect(await championAt(before - 1)).toMatchObject({ version: null, change: null, environment: "test" });
  expect(await Promise.all(moments.map(async (at) => (await championAt(at)).version))).toEqual([1, 2, 3]);
  expect(await championAt("")).toMatchObject({ version: 2, change: { action: "rolled-back" } });
  const page = (await call("GET", "/models/past/history?limit=1")).json<ModelHistory>();
  expect((await call("GET", `/models/past/history?limit=2&before=${page.next}`)).json().entries).toEqual(
    entries.slice(1, 3),
  );
});

test("a rollback goes back step by step, is refused when there is nothing left or the caller saw another champion", async () => {
  await makeModel("steps", 3);
  for (const version of [1, 2, 3]) await call("POST", "/models/steps/promote", { version });
  const stale = await call("POST", "/models/steps/rollback", { from: 2 });
  expect(stale.statusCode).toBe(409);
  expect(stale.json().detail).toContain("version 3 is");
  expect((await call("POST", "/models/steps/rollback", {})).json()).toMatchObject({ version: 2 });
  expect((await call("POST", "/models/steps/rollback", {})).json()).toMatchObject({ version: 1 });
  const end = await call("POST", "/models/steps/rollback", {});
  expect([end.statusCode, end.json().code]).toEqual([409, "CONFLICT"]);
  expect((await call("POST", "/models/none/rollback", {})).statusCode).toBe(404);
});

test("stages, deletions and renames are in the history, which follows the model and outlives it", async () => {
  await makeModel("life", 2);
  await call("POST", "/models/life/promote", { version: 2 });
  await mlflow("model-versions/transition-stage", { name: "life", version: "1", stage: "Production" });
  const move = { name: "life", version: "2", stage: "Production", archive_existing_versions: true };
  await mlflow("model-versions/transition-stage", move);
  await service.ports.registry.models.rename("life", "after life");
  await service.ports.registry.versions.delete("after life", 2, "ann");
  const moves = async (name: string) =>
    (await call("GET", `/models/${name}/history`))
      .json<ModelHistory>()
      .entries.map((entry) => [
        entry.model,
        entry.kind === "stage" ? entry.version : entry.alias,
        entry.from,
        entry.to,
      ]);
  const all = [
    ["after life", "champion", 2, null],
    ["life", 2, "None", "Production"],
    ["life", 1, "Production", "Archived"],
    ["life", 1, "None", "Production"],
    ["life", "champion", null, 2],
  ];
  expect(await moves("after%20life")).toEqual(all);
  expect((await call("GET", "/models/life/history")).statusCode).toBe(404);
  await service.ports.registry.models.delete("after life", "ann");
  expect(await moves("after%20life")).toEqual(all.slice(0, 1));
  expect((await call("GET", "/models/after%20life/champion")).json()).toMatchObject({ version: null });
});

test("promotion is blocked with everything that is missing, through our call and MLflow's alike", async () => {
  const [run1 = "", run2 = ""] = await makeModel("gated", 2);
  const { metrics } = service.ports.tracking;
  const log = (runId: string, value: number) =>
    metrics.log(runId, { metrics: [{ key: "acc", value, step: 0, timestamp: 1 }], params: [], tags: [] });
  await log(run1, 0.9);
  await log(run2, 0.8);
  await call("POST", "/models/gated/promote", { version: 1 });
  const policy = {
    approvals: { count: 1 },
    evaluation: [{ rule: "not-worse-than-champion", metric: "acc", better: "higher" }],
  };
  expect((await call("PUT", "/models/gated/promotion-policy", policy)).json()).toMatchObject({
    effective: { approvals: { count: 1, fourEyes: true } },
  });
  const blocked = await call("POST", "/models/gated/promote", { version: 2 });
  expect([blocked.statusCode, blocked.json().code]).toEqual([409, "PROMOTION_BLOCKED"]);
  expect(blocked.json().problems).toHaveLength(2);
  const alias = { name: "gated", alias: "champion", version: "2" };
  const byMlflow = await mlflow("registered-models/alias", alias);
  expect([byMlflow.statusCode, byMlflow.json().error_code]).toEqual([409, "INVALID_STATE"]);
  expect(byMlflow.json().message).toContain("0 of 1 approvals");
  expect((await mlflow("registered-models/alias", { ...alias, alias: "challenger" })).statusCode).toBe(200);
  const approval = await call("POST", "/models/gated/versions/2/approvals", {
    decision: "approve",
    reason: "ok",
  });
  expect(approval.statusCode).toBe(201);
  await log(run2, 0.95);
  const checks = (await call("GET", "/models/gated/versions/2/promotion-checks")).json();
  expect(checks).toMatchObject({ met: true, checks: [{ check: "approval" }, { check: "evaluation" }] });
  expect((await call("POST", "/models/gated/promote", { version: 2 })).statusCode).toBe(200);
});

test("an approval is of bytes, can be taken back by who gave it, and a rejection blocks", async () => {
  await makeModel("approved", 1);
  const at = "/models/approved/versions/1/approvals";
  await call("PUT", "/models/approved/promotion-policy", { approvals: { count: 1 } });
  const first = (await call("POST", at, { decision: "approve", reason: "looks right" })).json();
  await putModel("0/approved/1/model.onnx", 7);
  await changePinned(
    service.db,
    sql`update artifacts set digest = new.digest from model_versions v, artifacts new
      where v.name = 'approved' and new.path = '0/approved/1/model.onnx'
        and artifacts.path = v.artifact_path || '/model.onnx'`,
  );
  const blocked = await call("POST", "/models/approved/promote", { version: 1 });
  expect(blocked.json().detail).toContain("1 for other files than it has now");
  const second = (await call("POST", at, { decision: "reject", reason: "who changed it?" })).json();
  expect((await call("POST", "/models/approved/promote", { version: 1 })).json().problems).toHaveLength(2);
  const listed = (await call("GET", at)).json().approvals;
  expect(listed).toMatchObject([
    { id: first.id, current: false, withdrawnBy: "admin" },
    { id: second.id, current: true, withdrawnBy: null },
  ]);
  const byBob = service.ports.registry.approvals.withdraw(
    { model: "approved", version: 1 },
    second.id,
    "bob",
  );
  await expect(byBob).rejects.toMatchObject({ code: "FORBIDDEN" });
  expect((await call("DELETE", `${at}/${second.id}`)).json()).toMatchObject({ withdrawnBy: "admin" });
  expect((await call("DELETE", `${at}/${second.id}`)).statusCode).toBe(200);
  await call("POST", at, { decision: "approve", reason: "read again" });
  expect((await call("POST", "/models/approved/promote", { version: 1 })).statusCode).toBe(200);
  expect((await call("POST", at, { decision: "maybe", reason: "" })).json().problems).toHaveLength(2);
  expect((await call("GET", "/models/approved/versions/9/approvals")).statusCode).toBe(404);
});

test("with four eyes neither who registered a version nor who submitted its job can approve it", async () => {
  await makeModel("mine", 1, "admin");
  const job = { name: "j", command: ["true"], workingDirectory: ".", environment: {}, maxAttempts: 1 };
  const row = {
    ...job,
    id: "job-1",
    command: JSON.stringify(job.command),
    environment: "{}",
    state: "succeeded" as const,
    working_directory: ".",
    timeout_ms: 1,
    attempt: 1,
    max_attempts: 1,
    created_by: "admin",
    created_at: 1,
    cancel_requested: false,
  };
  const { workingDirectory: _, maxAttempts: __, ...values } = row;
  await service.db.insertInto("training_jobs").values(values).execute();
  await makeModel("jobs", 1, "job:job-1");
  for (const name of ["mine", "jobs"]) {
    await call("PUT", `/models/${name}/promotion-policy`, { approvals: { count: 1 } });
    const at = `/models/${name}/versions/1/approvals`;
    const own = await call("POST", at, { decision: "approve", reason: "I made it" });
    expect([own.statusCode, own.json().code]).toEqual([403, "FOUR_EYES"]);
    expect((await call("POST", at, { decision: "reject", reason: "on second thought" })).statusCode).toBe(
      201,
    );
  }
});

test("every announced change is in the audit log, which verifies, pages, filters and exports", async () => {
  const types = await service.db
    .selectFrom("events")
    .select(["type", "subject"])
    .where("type", "not like", "dev.bedplate.run.%")
    .orderBy("sequence")
    .execute();
  const first = (await call("GET", "/audit?limit=3")).json();
  expect(first).toMatchObject({ entries: [{ sequence: 1 }, { sequence: 2 }, { sequence: 3 }], next: 3 });
  const answer = await service.app.inject({
    url: `${api}/audit?limit=7`,
    headers: { ...headers, accept: "application/x-ndjson" },
  });
  expect(answer.headers["content-type"]).toContain("application/x-ndjson");
  const entries: AuditEntry[] = answer.body
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line));
  expect(entries.map(({ type, subject }) => ({ type, subject }))).toEqual(types);
  const { audit } = service.ports;
  await anchorAudit(audit.log, audit.anchors, 1);
  const ends = (await call("GET", "/audit/head")).json();
  expect(ends.anchors).toEqual([{ ...ends.head, time: 1 }]);
  const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
  const verdict = await verifyAudit({ entries, ends, headAfter: audit.log.head }, sha256);
  expect(verdict).toMatchObject({ entries: entries.length, anchored: entries.length, problem: null });
  const about = (await call("GET", "/audit?subject=gated&type=dev.bedplate.alias.set")).json();
  expect(about.entries.map((entry: AuditEntry) => entry.data.alias)).toEqual([
    "champion",
    "challenger",
    "champion",
  ]);
});

test("a signature and a complete card are asked for by policy, and a refusal says what to do about each", async () => {
  await makeModel("vouched", 1);
  await service.db.deleteFrom("model_signatures").where("name", "=", "vouched").execute();
  const policy = { signature: true, modelCard: true };
  expect((await call("PUT", "/models/vouched/promotion-policy", policy)).json()).toMatchObject({
    policy,
    effective: policy,
  });
  const blocked = await call("POST", "/models/vouched/promote", { version: 1 });
  expect([blocked.statusCode, blocked.json().code]).toEqual([409, "PROMOTION_BLOCKED"]);
  const [signature, card] = blocked.json().problems;
  expect(signature).toBe(
    "signature: Nobody signed its files. Upload the bundle of a trusted key: PUT …/signature, or sign its files as they are: POST …/sign.",
  );
  expect(card).toContain("model-card: Its model card lacks intendedUse, limitations,");
  expect(card).toContain('licence: Write it: PUT …/card with "licence".');
  expect(card).not.toContain("approvals");
  const alias = { name: "vouched", alias: "champion", version: "1" };
  const byMlflow = await mlflow("registered-models/alias", alias);
  expect([byMlflow.statusCode, byMlflow.json().message.includes("Nobody signed")]).toEqual([409, true]);
  await call("POST", "/models/vouched/versions/1/sign");
  const checks = (await call("GET", "/models/vouched/versions/1/promotion-checks")).json();
  expect(checks).toMatchObject({
    met: false,
    checks: [
      { check: "signature", met: true, fix: null },
      { check: "model-card", met: false },
    ],
  });
  await call("PUT", "/models/vouched/promotion-policy", { signature: true });
  expect((await call("POST", "/models/vouched/promote", { version: 1 })).statusCode).toBe(200);
});

test("text that the database cannot hold is refused, in an address as in a body, and the service does not fail on it", async () => {
  const policy = { approvals: { count: 0, fourEyes: false } };
  const answers = [
    await call("GET", "/models/a%00b"),
    await call("GET", "/models/a/history?before=%00"),
    await call("GET", "/training/jobs?before=a%00"),
    await call("PUT", "/models/a%00b/promotion-policy", policy),
    await call("GET", "/models/%c0%ae"),
    await call("POST", "/models/past/promote", { version: 1, comment: "a\0b" }),
    await call("POST", "/models/past/promote", { version: 1, comment: "\ud800" }),
  ];
  expect(answers.map(({ statusCode }) => statusCode)).toEqual(answers.map(() => 400));
  const deep = await service.app.inject({
    method: "POST",
    url: `${api}/models/past/promote`,
    headers: { ...headers, "content-type": "application/json" },
    payload: "[".repeat(1_000_000),
  });
  expect([deep.statusCode, deep.json().code]).toEqual([400, "MALFORMED_BODY"]);
  expect(answers.map((answer) => answer.json().code)).toEqual(answers.map(() => "INVALID_REQUEST"));
});
