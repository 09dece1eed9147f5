import { join } from "node:path";
import { logSkippedHeader, type TrainingJob } from "@bedplate/contract";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openService, type ServiceUnderTest, token } from "../../testing/service.ts";
import { createTrainingStore } from "../store/training-store.ts";
import { type Dispatcher, openDispatcher } from "../training/dispatcher.ts";

let service: ServiceUnderTest;
let dispatcher: Dispatcher;
beforeAll(async () => {
  service = await openService();
  const { settings, identities } = service.ports;
  dispatcher = await openDispatcher({
    store: createTrainingStore(service.db, Date.now),
    identities,
    connection: { kind: "process", path: join(service.folder, "training"), programRoot: service.folder },
    settings: { ...settings.dispatch, pollIntervalMs: 50, queueLimit: 3 },
    clock: Date.now,
    log: { error: (fields) => console.error(fields) },
  });
  Object.assign(service.ports.training, dispatcher);
  await dispatcher.start("http://127.0.0.1:1");
});
afterAll(async () => {
  await dispatcher.close();
  await service.close();
});

const jobs = "/api/bedplate/v1/training/jobs";
const call = (method: "GET" | "POST", path: string, payload?: object, authorization = `Bearer ${token}`) =>
  service.app.inject({
    method,
    url: jobs + path,
    headers: { host: "127.0.0.1:4680", authorization },
    ...(payload === undefined ? {} : { payload }),
  });

test("a job is submitted, seen to its end, and its log read", async () => {
  const command = ["node", "-e", "console.log('trained ä')"];
  const submitted = await call("POST", "", { name: "fit", command });
  expect(submitted.statusCode).toBe(201);
  const job = submitted.json<TrainingJob>();
  expect(job).toMatchObject({ name: "fit", command, createdBy: "admin", maxAttempts: 1, attempt: 0 });
  await expect
    .poll(async () => (await call("GET", `/${job.id}`)).json().state, { timeout: 15_000 })
    .toBe("succeeded");
  const log = await call("GET", `/${job.id}/log`);
  expect(log.headers["content-type"]).toBe("text/plain; charset=utf-8");
  expect(log.body).toBe("trained ä\n");
  expect(log.headers[logSkippedHeader]).toBe("0");
  const end = await call("GET", `/${job.id}/log?tail=4`);
  expect([end.body, end.headers[logSkippedHeader]]).toEqual([" ä\n", "7"]);
  expect((await call("GET", `/${job.id}/log?tail=0`)).statusCode).toBe(400);
  expect((await call("GET", "?limit=1")).json().jobs).toMatchObject([{ id: job.id }]);
  const cancelled = await call("POST", `/${job.id}/cancel`);
  expect(cancelled.statusCode).toBe(409);
  expect(cancelled.json()).toMatchObject({ code: "CONFLICT", detail: expect.stringContaining("succeeded") });
});

test("a running job is cancelled with the address alone, and a second time too", async () => {
  const { id } = (await call("POST", "", { name: "long", command: ["sleep", "1000"] })).json<TrainingJob>();
  expect((await call("POST", `/${id}/cancel`)).statusCode).toBe(200);
  await expect
    .poll(async () => (await call("GET", `/${id}`)).json().state, { timeout: 15_000 })
    .toBe("cancelled");
  expect((await call("POST", `/${id}/cancel`)).statusCode).toBe(200);
});

test("a job's own token works while it runs, cannot start jobs, and is worth nothing afterwards", async () => {
  const script = "console.log(process.env.BEDPLATE_TOKEN + '|'); setInterval(() => {}, 1000)";
  const { id } = (await call("POST", "", { name: "t", command: ["node", "-e", script] })).json<TrainingJob>();
  const log = () => call("GET", `/${id}/log`).then((answer) => answer.body);
  await expect.poll(log, { timeout: 15_000 }).toContain("|");
  const own = `Bearer ${(await log()).split("|")[0]}`;
  expect((await call("GET", `/${id}`, undefined, own)).statusCode).toBe(200);
  expect((await call("POST", "", { name: "x", command: ["true"] }, own)).statusCode).toBe(403);
  await call("POST", `/${id}/cancel`);
  await expect
    .poll(async () => (await call("GET", "", undefined, own)).statusCode, { timeout: 15_000 })
    .toBe(401);
});

test("a wrong order is a 400 that tells everything, an unknown job a 404, a full queue a 429", async () => {
  const bad = await call("POST", "", { name: "", command: [], retries: 3 });
  expect(bad.statusCode).toBe(400);
  expect(bad.json().problems.length).toBe(3);
  const badCommand = await call("POST", "", {
    name: "x",
    command: ["no-such-thing"],
    workingDirectory: "../..",
  });
  expect(badCommand.json()).toMatchObject({ code: "INVALID_REQUEST", problems: { length: 2 } });
  for (const path of ["/nothing", "/nothing/log", "/%2e%2e%2fetc/log"]) {
    expect((await call("GET", path)).statusCode).toBe(404);
  }
  expect((await call("POST", "/nothing/cancel")).statusCode).toBe(404);
  expect((await call("GET", "?limit=0")).statusCode).toBe(400);
  const ids: string[] = [];
  let full = 0;
  for (let n = 0; n < 7; n++) {
    const answer = await call("POST", "", { name: "many", command: ["sleep", "1000"] });
    if (answer.statusCode === 201) ids.push(answer.json<TrainingJob>().id);
    else
      expect([answer.statusCode, answer.json().code, answer.headers["retry-after"]]).toEqual([
        429,
        "QUEUE_FULL",
        "1",
      ]);
    if (answer.statusCode === 429) full++;
  }
  expect(full).toBeGreaterThan(0);
  for (const id of ids) await call("POST", `/${id}/cancel`);
});
