import { randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { settings as schema } from "@bedplate/contract";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openReceiver, type Receiver } from "../../testing/receiver.ts";
import { openService, type ServiceUnderTest, token } from "../../testing/service.ts";
import { openWebhooks } from "../events/webhooks.ts";

let service: ServiceUnderTest;
let receiver: Receiver;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "bedplate-webhooks-http-"));
  const sealKeyFile = join(folder, "key");
  await writeFile(sealKeyFile, randomBytes(32).toString("base64url"), { mode: 0o600 });
  receiver = await openReceiver();
  service = await openService(async ({ settings, clock, metrics }, db) => {
    const webhooks = schema.shape.webhooks.parse({ allowedHosts: "127.0.0.1", sealKeyFile, limit: 3 });
    return { webhooks: await openWebhooks({ db, settings: { ...settings, webhooks }, clock, metrics }) };
  });
});
afterAll(async () => {
  await service.close();
  await receiver.close();
  await rm(folder, { recursive: true });
});

type Method = "GET" | "POST" | "PATCH" | "DELETE";

async function call(method: Method, path: string, body?: object) {
  const answer = await service.app.inject({
    method,
    url: path,
    headers: { authorization: `Bearer ${token}`, host: "127.0.0.1" },
    ...(body === undefined ? {} : { payload: body }),
  });
  return { status: answer.statusCode, body: answer.json() };
}

const base = "/api/2.0/mlflow/webhooks";
const created = { entity: "REGISTERED_MODEL", action: "CREATED" };
const fields = () => ({ name: "it", url: receiver.url, events: [created], secret: "hunter2" });

test("a webhook is made, read, changed, tested and deleted in MLflow's words", async () => {
  const made = await call("POST", base, fields());
  expect(made).toMatchObject({
    status: 200,
    body: { webhook: { name: "it", url: receiver.url, events: [created], status: "ACTIVE" } },
  });
  expect(JSON.stringify(made.body)).not.toContain("hunter2");
  const { webhook_id: id } = made.body.webhook;
  expect((await call("GET", `/ajax-api/2.0/mlflow/webhooks/${id}`)).body).toEqual(made.body);
  expect((await call("GET", `${base}?max_results=1`)).body.webhooks).toHaveLength(1);
  const tagSet = { entity: "MODEL_VERSION_TAG", action: "SET" };
  const changed = await call("PATCH", `${base}/${id}`, { status: "DISABLED", events: [tagSet], name: "" });
  expect(changed.body.webhook).toMatchObject({ name: "it", status: "DISABLED", events: [tagSet] });
  const tested = await call("POST", `${base}/${id}/test`, { event: created });
  expect(tested.body).toEqual({ result: { success: true, response_status: 200, response_body: "ok" } });
  expect(receiver.received.at(-1)?.headers["x-mlflow-signature"]).toMatch(/^v1,/);
  expect((await call("GET", `/api/bedplate/v1/webhooks/${id}/deliveries`)).body).toEqual({
    deliveries: [],
    next: null,
  });
  const disabled = await call("POST", `/api/bedplate/v1/webhooks/${id}/replay`, { from: 0, to: 1 });
  expect(disabled).toMatchObject({ status: 409, body: { code: "CONFLICT" } });
  expect(await call("DELETE", `${base}/${id}`)).toEqual({ status: 200, body: {} });
  expect(await call("GET", `${base}/${id}`)).toMatchObject({
    status: 404,
    body: { error_code: "RESOURCE_DOES_NOT_EXIST" },
  });
});

test.each([
  ["no events", { events: [] }],
  ["an event that there is not", { events: [{ entity: "REGISTERED_MODEL", action: "SET" }] }],
  ["an event that is never sent", { events: [{ entity: "BUDGET_POLICY", action: "EXCEEDED" }] }],
  ["a bad name", { name: "-it-" }],
  ["a private address", { url: "http://192.168.0.1/" }],
  ["cloud metadata, in hex", { url: "http://0xa9fea9fe/" }],
  ["another scheme", { url: "file:///etc/passwd" }],
  ["a status that there is not", { status: "PAUSED" }],
  ["a secret that is too long", { secret: "x".repeat(1_001) }],
])("%s is refused in MLflow's words", async (_what, wrong) => {
  expect(await call("POST", base, { ...fields(), ...wrong })).toMatchObject({
    status: 400,
    body: { error_code: "INVALID_PARAMETER_VALUE" },
  });
});

test("there are no more webhooks than the limit", async () => {
  const ids: string[] = [];
  for (let at = 0; at < 3; at++) ids.push((await call("POST", base, fields())).body.webhook.webhook_id);
  expect(await call("POST", base, fields())).toMatchObject({
    status: 429,
    body: { error_code: "REQUEST_LIMIT_EXCEEDED" },
  });
  const first = await call("GET", `${base}?max_results=2`);
  const second = await call("GET", `${base}?max_results=2&page_token=${first.body.next_page_token}`);
  expect([...first.body.webhooks, ...second.body.webhooks]).toHaveLength(3);
  for (const id of ids) await call("DELETE", `${base}/${id}`);
});

test.each([[{ deliveryId: "" }], [{ from: 5, to: 5 }], [{ from: 5 }], [{ from: "x", to: 5 }], [{}]])(
  "the replay %o is refused",
  async (what) => {
    const answer = await call("POST", "/api/bedplate/v1/webhooks/w/replay", what);
    expect(answer).toMatchObject({ status: 400, body: { code: "INVALID_REQUEST" } });
  },
);

test("what belongs to a webhook that is not there is not there either", async () => {
  for (const answer of [
    await call("GET", "/api/bedplate/v1/webhooks/w/deliveries"),
    await call("POST", "/api/bedplate/v1/webhooks/w/replay", { deliveryId: "d" }),
    await call("POST", `${base}/w/test`, {}),
    await call("PATCH", `${base}/w`, { name: "x" }),
  ]) {
    expect(answer.status).toBe(404);
  }
});
