import { afterAll, beforeAll, expect, test } from "vitest";
import { token as adminToken, openService, type ServiceUnderTest } from "../../testing/service.ts";
import { Problem } from "../domain/problem.ts";
import { fanOut } from "../store/webhook-fanout.ts";

let service: ServiceUnderTest;
const tokens: Record<string, string> = {};
beforeAll(async () => {
  service = await openService();
  for (const name of ["red", "blue"]) expect((await own("POST", "/teams", { name })).statusCode).toBe(201);
  for (const team of ["red", "blue"]) {
    for (const role of ["viewer", "contributor", "approver", "operator", "admin"] as const) {
      tokens[`${team}-${role}`] = await newToken({ user: `${team}-${role}`, title: "test", role, team });
    }
  }
});
afterAll(() => service.close());

type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
const headers = (token: string) => ({ host: "127.0.0.1:4680", authorization: `Bearer ${token}` });
const call = (method: Method, url: string, payload?: object, token = adminToken) =>
  service.app.inject({
    method,
    url,
    headers: headers(token),
    ...(payload === undefined ? {} : { payload }),
  });
const own = (method: Method, path: string, payload?: object, token?: string) =>
  call(method, `/api/bedplate/v1${path}`, payload, token);
const mlflow = (who: string, method: Method, path: string, payload?: object) =>
  call(method, `/api/2.0/mlflow/${path}`, payload, tokens[who]);

async function newToken(request: object, by?: string): Promise<string> {
  const answer = await own("POST", "/tokens", request, by);
  expect(answer.statusCode, answer.body).toBe(201);
  return answer.json().token;
}

test("what a token's holder makes is their team's, and another team neither finds, reads nor changes it", async () => {
  const experiment = await mlflow("red-contributor", "POST", "experiments/create", { name: "red secret" });
  const { experiment_id } = experiment.json();
  const made = await mlflow("red-contributor", "POST", "runs/create", { experiment_id, run_name: "r" });
  const run_id = made.json().run.info.run_id;
  await mlflow("red-contributor", "POST", "registered-models/create", { name: "red-model" });

  const search = { experiment_ids: [experiment_id] };
  expect((await mlflow("red-viewer", "POST", "runs/search", search)).json().runs).toHaveLength(1);
  expect((await mlflow("blue-admin", "POST", "runs/search", search)).json().runs).toEqual([]);
  const names = async (who: string) =>
    (await mlflow(who, "POST", "experiments/search", { max_results: 100 }))
      .json()
      .experiments.map((each: { name: string }) => each.name);
  expect(await names("red-viewer")).toEqual(["red secret"]);
  expect(await names("blue-viewer")).toEqual([]);
  expect((await mlflow("blue-viewer", "GET", "registered-models/search")).json()).toEqual({
    registered_models: [],
  });
  for (const answer of [
    await mlflow("blue-admin", "GET", `runs/get?run_id=${run_id}`),
    await mlflow("blue-admin", "POST", "runs/set-tag", { run_id, key: "k", value: "v" }),
    await mlflow("blue-admin", "POST", "runs/create", { experiment_id }),
    await mlflow("blue-admin", "DELETE", "registered-models/delete", { name: "red-model" }),
  ]) {
    expect(answer.statusCode).toBe(404);
    expect(answer.json().error_code).toBe("RESOURCE_DOES_NOT_EXIST");
  }
  const taken = await mlflow("blue-contributor", "POST", "registered-models/create", { name: "red-model" });
  expect(taken.json().error_code).toBe("RESOURCE_ALREADY_EXISTS");
});

test("a team that is open to others is read by them and changed by none", async () => {
  await mlflow("blue-contributor", "POST", "registered-models/create", { name: "blue-model" });
  await own("PATCH", "/teams/blue", { visibility: "internal" });
  const found = await mlflow("red-viewer", "GET", "registered-models/get?name=blue-model");
  expect(found.statusCode).toBe(200);
  const change = await mlflow("red-admin", "DELETE", "registered-models/delete", { name: "blue-model" });
  expect(change.statusCode).toBe(403);
  expect(change.json().message).toContain('belongs to the team "blue"');
  await own("PATCH", "/teams/blue", { visibility: "private" });
  expect((await mlflow("red-viewer", "GET", "registered-models/get?name=blue-model")).statusCode).toBe(404);
});

test("which model a team may ask is looked up once in a moment, and anew after a team changed", async () => {
  const { guard } = service.ports;
  const ask = () =>
    guard.require({ team: "red" }, [
      { kind: "served-model", id: "blue-model", changes: false, mayBeAbsent: false },
    ]);
  const visible = (visibility: string) => own("PATCH", "/teams/blue", { visibility });
  await expect(ask()).rejects.toMatchObject({ code: "MODEL_NOT_SERVED" });
  expect(guard.mayAsk({ team: "red" }, "blue-model")).toBe(false);
  await visible("internal");
  await ask();
  expect(guard.mayAsk({ team: "red" }, "blue-model")).toBe(true);
  // What is changed elsewhere is seen a moment later.
  await service.db.updateTable("teams").set({ visibility: "private" }).where("name", "=", "blue").execute();
  await ask();
  await visible("private");
  await expect(ask()).rejects.toMatchObject({ code: "MODEL_NOT_SERVED" });
  expect(guard.mayAsk({ team: null }, "blue-model")).toBe(true);
});

test("each role does what it is for and nothing more", async () => {
  const create = { name: "role-model" };
  expect((await mlflow("red-viewer", "POST", "registered-models/create", create)).statusCode).toBe(403);
  expect((await mlflow("red-contributor", "POST", "registered-models/create", create)).statusCode).toBe(200);
  const alias = { name: "role-model", alias: "a", version: "1" };
  expect((await mlflow("red-approver", "POST", "registered-models/alias", alias)).statusCode).toBe(403);
  expect((await mlflow("red-operator", "POST", "registered-models/alias", alias)).statusCode).toBe(404);
  const approve = { decision: "approve", reason: "good" };
  const approvals = "/models/role-model/versions/1/approvals";
  expect((await own("POST", approvals, approve, tokens["red-operator"])).statusCode).toBe(403);
  expect((await own("POST", approvals, approve, tokens["red-approver"])).statusCode).toBe(404);
  expect((await own("POST", "/tokens", {}, tokens["red-operator"])).statusCode).toBe(403);
  expect((await own("POST", "/teams", { name: "green" }, tokens["red-admin"])).statusCode).toBe(403);
  const job = await own(
    "POST",
    "/training/jobs",
    { name: "j", command: ["node"] },
    tokens["red-contributor"],
  );
  expect(job.statusCode).toBe(403);
  expect(job.json().detail).toContain("dispatch.teamPrograms");
});

test("a contributor submits a job of the team with a program that the platform names", async () => {
  const { settings, training } = service.ports;
  const submitted: unknown[] = [];
  const { submit } = training;
  Object.assign(training, {
    submit: async (...given: readonly unknown[]) => {
      submitted.push(given.slice(1));
      throw new Problem("QUEUE_FULL", "seen");
    },
  });
  Object.assign(settings.dispatch, { teamPrograms: [["node", "jobs/train.ts"]] });
  const ask = async (who: string, command: readonly string[]) =>
    (await own("POST", "/training/jobs", { name: "j", command }, tokens[who])).statusCode;
  expect(await ask("red-contributor", ["node", "jobs/train.ts", "--fast"])).toBe(429);
  expect(submitted).toEqual([["red-contributor", "red"]]);
  expect(await ask("red-viewer", ["node", "jobs/train.ts"])).toBe(403);
  expect(await ask("red-admin", ["node", "-e", "1"])).toBe(403);
  expect(submitted).toHaveLength(1);
  Object.assign(settings.dispatch, { teamPrograms: [] });
  Object.assign(training, { submit });
});

test("what a team asks of its versions is asked of each of its models", async () => {
  await own("PATCH", "/teams/red", { promotion: { approvals: 2, fourEyes: true } });
  await mlflow("red-contributor", "POST", "registered-models/create", { name: "asked" });
  const policy = await own("GET", "/models/asked/promotion-policy", undefined, tokens["red-viewer"]);
  expect(policy.json().effective.approvals).toEqual({ count: 2, fourEyes: true });
  await own("PATCH", "/teams/red", { promotion: {} });
});

test("a quota refuses what is over it with its name, its value and nothing half made", async () => {
  const { json } = await own("GET", "/teams/blue/usage");
  const { used } = json();
  expect(used.registeredModels).toBe(1);
  await own("PATCH", "/teams/blue", {
    quotas: { registeredModels: 1, experiments: 1, runs: 1, webhooks: 0, artifactBytes: 10 },
  });
  const over = await mlflow("blue-contributor", "POST", "registered-models/create", { name: "one-more" });
  expect(over.statusCode).toBe(403);
  expect(over.json()).toMatchObject({ error_code: "RESOURCE_LIMIT_EXCEEDED" });
  expect(over.json().message).toContain('"registeredModels" is 1');
  expect((await mlflow("blue-viewer", "GET", "registered-models/get?name=one-more")).statusCode).toBe(404);

  const experiment = await mlflow("blue-contributor", "POST", "experiments/create", { name: "blue" });
  const { experiment_id } = experiment.json();
  const run = () => mlflow("blue-contributor", "POST", "runs/create", { experiment_id });
  // Two at once cannot both be the last one.
  const statuses = (await Promise.all([run(), run(), run()])).map((answer) => answer.statusCode);
  expect(statuses.sort()).toEqual([200, 403, 403]);
  const put = (name: string, bytes: number) =>
    service.app.inject({
      method: "PUT",
      url: `/api/2.0/mlflow-artifacts/artifacts/${experiment_id}/${name}`,
      headers: { ...headers(tokens["blue-contributor"] ?? ""), "content-type": "application/octet-stream" },
      payload: name.repeat(bytes),
    });
  expect((await put("a", 8)).statusCode).toBe(200);
  expect((await put("b", 8)).statusCode).toBe(403);
  expect((await put("a", 10)).statusCode).toBe(200);
  const usage = (await own("GET", "/teams/blue/usage", undefined, tokens["blue-viewer"])).json();
  expect(usage.used).toMatchObject({ registeredModels: 1, experiments: 1, runs: 1, artifactBytes: 10 });
  await own("PATCH", "/teams/blue", { quotas: {} });
});

test("a team's webhook hears of that team's models only, the platform's of all", async () => {
  const webhook = {
    name: "w",
    url: "https://example.com/",
    events: [{ entity: "REGISTERED_MODEL", action: "CREATED" }],
  };
  const hook = async (token: string) => {
    const answer = await call("POST", "/api/2.0/mlflow/webhooks", webhook, token);
    return answer.json().webhook.webhook_id as string;
  };
  const [red, all] = [await hook(tokens["red-operator"] ?? ""), await hook(adminToken)];
  await mlflow("red-contributor", "POST", "registered-models/create", { name: "heard-by-red" });
  await mlflow("blue-contributor", "POST", "registered-models/create", { name: "not-heard-by-red" });
  await fanOut(service.db, { clock: Date.now, batchSize: 1_000, queueLimit: 1_000 });
  const heard = async (id: string) =>
    (
      await service.db
        .selectFrom("webhook_deliveries")
        .select("subject")
        .where("webhook_id", "=", id)
        .execute()
    )
      .map((row) => row.subject)
      .sort();
  expect(await heard(red)).toEqual(["heard-by-red"]);
  expect(await heard(all)).toEqual(["heard-by-red", "not-heard-by-red"]);
  const list = await call("GET", "/api/2.0/mlflow/webhooks", undefined, tokens["blue-operator"]);
  expect(list.json()).toEqual({ webhooks: [] });
});

test("a team's lineage is its own", async () => {
  const dataset = (name: string) => ({ namespace: "warehouse", name });
  const event = {
    eventType: "COMPLETE",
    eventTime: "2026-01-01T00:00:00Z",
    producer: "https://example.com",
    schemaURL: "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent",
    run: { runId: "0195c8a0-0000-7000-8000-000000000001" },
    job: { namespace: "etl", name: "load" },
    inputs: [dataset("raw")],
    outputs: [dataset("clean")],
  };
  const sent = await call("POST", "/api/v1/lineage", event, tokens["red-contributor"]);
  expect(sent.statusCode, sent.body).toBe(200);
  const edges = async (token: string | undefined) => {
    const node = encodeURIComponent("dataset:warehouse:raw");
    return (await own("GET", `/lineage/graph?node=${node}`, undefined, token)).json().edges.length as number;
  };
  expect(await edges(tokens["red-viewer"])).toBeGreaterThan(0);
  expect(await edges(adminToken)).toBeGreaterThan(0);
  expect(await edges(tokens["blue-viewer"])).toBe(0);
});

test("models and experiments move to another team together, or not at all", async () => {
  await mlflow("red-contributor", "POST", "registered-models/create", { name: "moving" });
  const absent = await own("POST", "/teams/blue/adopt", { models: ["moving", "nothing"] });
  expect(absent.statusCode).toBe(404);
  expect((await mlflow("red-viewer", "GET", "registered-models/get?name=moving")).statusCode).toBe(200);
  expect((await own("POST", "/teams/blue/adopt", { models: ["moving"] })).statusCode).toBe(200);
  expect((await mlflow("red-viewer", "GET", "registered-models/get?name=moving")).statusCode).toBe(404);
  expect((await mlflow("blue-viewer", "GET", "registered-models/get?name=moving")).statusCode).toBe(200);
});

test("a team that has something is not deleted, an empty one is, and its tokens end with it", async () => {
  expect((await own("DELETE", "/teams/red")).statusCode).toBe(409);
  expect((await own("DELETE", "/teams/default")).statusCode).toBe(409);
  await own("POST", "/teams", { name: "short" });
  const token = await newToken({ user: "eve", title: "t", role: "viewer", team: "short" });
  expect((await own("DELETE", "/teams/short")).statusCode).toBe(200);
  expect((await own("GET", "/identity", undefined, token)).statusCode).toBe(401);
});

test("every change of a team or token is in the audit log, without the token", async () => {
  const before = (await own("GET", "/audit/head")).json().head.sequence;
  await own("POST", "/teams", { name: "logged" });
  const token = await newToken({ user: "mallory", title: "t", role: "viewer", team: "logged" });
  await own("DELETE", "/teams/logged");
  const page = await own("GET", `/audit?after=${before}`);
  expect(page.json().entries.map((entry: { type: string }) => entry.type)).toEqual([
    "dev.bedplate.team.created",
    "dev.bedplate.token.created",
    "dev.bedplate.team.deleted",
  ]);
  expect(page.body).not.toContain(token);
});

test("lists of served models show a team its own and what others let it read", async () => {
  for (const team of ["red", "blue"]) {
    await own("PATCH", `/teams/${team}`, { quotas: {} });
    const who = `${team}-admin`;
    const name = `listed-${team}`;
    const experiment = await mlflow(who, "POST", "experiments/create", { name: `for ${name}` });
    const made = await mlflow(who, "POST", "runs/create", experiment.json());
    const source = `runs:/${made.json().run.info.run_id}/model`;
    await mlflow(who, "POST", "registered-models/create", { name });
    await mlflow(who, "POST", "model-versions/create", { name, source });
    const alias = { name, alias: "champion", version: "1" };
    expect((await mlflow(who, "POST", "registered-models/alias", alias)).statusCode).toBe(200);
  }
  const served = ["listed-blue", "listed-red"].map((name) => ({ name, version: 1, state: "READY" as const }));
  const { list, statistics } = service.ports.models;
  Object.assign(service.ports.models, { list: () => served, statistics: () => served });
  const lists = async (who: string) => {
    const ask = async (method: Method, url: string) =>
      (await call(method, url, undefined, tokens[who])).json();
    const names = [
      (await ask("GET", "/v2/models")).models,
      (await ask("GET", "/v1/models")).models,
      ...[await ask("POST", "/v2/repository/index"), (await ask("GET", "/v2/models/stats")).model_stats].map(
        (models: { name: string }[]) => models.map(({ name }) => name),
      ),
    ];
    expect(new Set(names.map((each) => each.join(","))).size).toBe(1);
    return names[0];
  };
  expect(await lists("red-viewer")).toEqual(["listed-red"]);
  expect(await lists("blue-viewer")).toEqual(["listed-blue"]);
  await own("PATCH", "/teams/blue", { visibility: "internal" });
  expect(await lists("red-viewer")).toEqual(["listed-blue", "listed-red"]);
  await own("PATCH", "/teams/blue", { visibility: "private" });
  const prediction = await call("POST", "/invocations", { instances: [[1]] }, tokens["red-viewer"]);
  expect(prediction.statusCode).toBe(403);
  Object.assign(service.ports.models, { list, statistics });
});
