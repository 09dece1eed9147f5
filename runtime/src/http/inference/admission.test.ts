import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type ModelService, openModelService } from "../../../testing/model-service.ts";
import { linearModel } from "../../../testing/onnx-model.ts";
import { token } from "../../../testing/service.ts";
import { Problem } from "../../domain/problem.ts";

let service: ModelService;
let port: number;
beforeAll(async () => {
  service = await openModelService({ queueLimit: 1, queueRowsLimit: 2 });
  await service.deploy("linear", 1, linearModel([1]));
  port = Number(new URL(await service.app.listen({ port: 0, host: "127.0.0.1" })).port);
});
afterAll(() => service.close());

const row = { instances: [[3]] };
const predict = () => service.post("/v1/models/linear:predict", row);

const settleMs = 100;

/** A request whose body does not come; tried again where something else had the place. */
async function holdPlace(): Promise<Socket> {
  const socket = connect(port, "127.0.0.1");
  await once(socket, "connect");
  const head = `POST /v2/models/linear/infer HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer ${token}\r\n`;
  socket.write(`${head}content-length: 10\r\n\r\n`);
  await wait(settleMs);
  if ((await predict()).statusCode === 429) return socket;
  socket.destroy();
  return await holdPlace();
}

test("over the limit a request is turned away before its body is sent, with the time to try again", async () => {
  const holder = await holdPlace();
  const other = connect(port, "127.0.0.1");
  await once(other, "connect");
  const head = `POST /v1/models/linear:predict HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer ${token}\r\n`;
  other.write(`${head}content-length: 1000000\r\n\r\n`);
  const [answer] = (await once(other, "data")) as [Buffer];
  expect(answer.toString()).toContain("HTTP/1.1 429");
  expect(answer.toString().toLowerCase()).toContain("retry-after: 1");
  other.destroy();
  holder.destroy();
});

test("a caller who goes away gives the place back", async () => {
  (await holdPlace()).destroy();
  await expect.poll(async () => (await predict()).statusCode, { timeout: 10_000 }).toBe(200);
});

test("so does every request that was refused for anything else", async () => {
  for (const [url, payload] of [
    ["/v2/models/linear/infer", "{"],
    ["/v2/models/linear/infer", { inputs: [] }],
    [`/v2/models/linear/versions/${"9".repeat(30)}/infer`, row],
    ["/v1/models/linear:predict", { instances: [["x"]] }],
  ] as const) {
    expect(
      (await service.post(url, payload, { "content-type": "application/json" })).statusCode,
    ).toBeLessThan(500);
  }
  expect((await predict()).statusCode).toBe(200);
});

test("a time that is over before the model could run is said so", async () => {
  const timed = await service.post("/v1/models/linear:predict", row, { "x-bedplate-timeout-ms": "0" });
  expect(timed.json()).toMatchObject({ code: "DEADLINE_EXCEEDED" });
  expect(timed.statusCode).toBe(504);
  const wrong = await service.post("/v1/models/linear:predict", row, { "x-bedplate-timeout-ms": "soon" });
  expect(wrong.json()).toMatchObject({ code: "INVALID_REQUEST" });
  expect((await predict()).statusCode).toBe(200);
  const text = await service.ports.metrics.registry.metrics();
  expect(text).toMatch(/bedplate_inference_dropped_total\{model="linear",reason="requests"\} [1-9]/);
  expect(text).toMatch(/bedplate_inference_dropped_total\{model="linear",reason="deadline"\} 1/);
});

test("who would wait too long is told how long, in whole seconds", async () => {
  const { models } = service.ports;
  const { admit } = models;
  Object.assign(models, {
    admit: () => {
      throw new Problem("TOO_MANY_REQUESTS", "Too much waits.", [], 4_200);
    },
  });
  const refused = await predict();
  Object.assign(models, { admit });
  expect([refused.statusCode, refused.headers["retry-after"]]).toEqual([429, "5"]);
});
