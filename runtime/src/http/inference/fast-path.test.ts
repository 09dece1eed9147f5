import { once } from "node:events";
import { Agent, type IncomingMessage, request } from "node:http";
import { connect } from "node:net";
import { buffer } from "node:stream/consumers";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { type ModelService, openModelService } from "../../../testing/model-service.ts";
import { linearModel } from "../../../testing/onnx-model.ts";
import { token } from "../../../testing/service.ts";

let service: ModelService;
let port: number;
const agent = new Agent({ keepAlive: true, maxSockets: 1 });
beforeAll(async () => {
  service = await openModelService(
    { queueLimit: 1 },
    { bodyLimitBytes: 20_000, requestTimeoutMs: 300, directPredictions: true },
  );
  await service.deploy("linear", 1, linearModel([1]));
  port = Number(new URL(await service.app.listen({ port: 0, host: "127.0.0.1" })).port);
});
afterAll(async () => {
  agent.destroy();
  await service.close();
});

const path = "/v2/models/linear/infer";
const inputs = (...data: unknown[]) => [{ name: "x", shape: [data.length, 1], datatype: "FP32", data }];
const json = { "content-type": "application/json" };
const own = { host: "127.0.0.1:4680", authorization: `Bearer ${token}` };

interface Sent {
  readonly path?: string;
  readonly body?: string | object | Buffer;
  readonly headers?: Record<string, string>;
}

const bytesOf = (body: Sent["body"]) =>
  Buffer.isBuffer(body) ? body : Buffer.from(typeof body === "string" ? body : JSON.stringify(body));

/** Sends a request over a socket, and tells whether it was taken before it came to the framework. */
async function overSocket({ path: to = path, body = { inputs: inputs(3) }, headers = json }: Sent) {
  const asked = vi.spyOn(service.ports.guard, "mayAsk");
  const bytes = bytesOf(body);
  const sent = request({
    ...{ port, method: "POST", path: to, agent },
    headers: { ...own, "content-length": bytes.length, ...headers },
  });
  sent.end(bytes);
  const [answer] = (await once(sent, "response")) as [IncomingMessage];
  const payload = await buffer(answer);
  const isTaken = asked.mock.results.some(({ value }) => value === true);
  asked.mockRestore();
  return { status: answer.statusCode, headers: compared(answer.headers), payload, isTaken };
}

async function throughFramework({ path: to = path, body = { inputs: inputs(3) }, headers = json }: Sent) {
  const answer = await service.post(to, bytesOf(body), headers);
  return { status: answer.statusCode, headers: compared(answer.headers), payload: answer.rawPayload };
}

/** All but what belongs to the connection. */
function compared(headers: object): object {
  const left = Object.entries(headers).filter(
    ([name]) => !["date", "connection", "keep-alive", "transfer-encoding"].includes(name),
  );
  return Object.fromEntries(left.map(([name, value]) => [name, String(value)]));
}

const head = Buffer.from(
  JSON.stringify({
    inputs: [{ name: "x", shape: [1, 1], datatype: "FP32", parameters: { binary_data_size: 4 } }],
    parameters: { binary_data_output: true },
  }),
);
const binary = { "inference-header-content-length": String(head.length) };
const many = { inputs: inputs(...Array.from({ length: 500 }, (_, at) => at)) };

test.each<[string, Sent]>([
  ["numbers in JSON", {}],
  ["a request with an id", { body: { id: 'ä "1"', inputs: inputs(1, 2) } }],
  ["a version that is named", { path: "/v2/models/linear/versions/1/infer" }],
  ["binary tensors", { body: Buffer.concat([head, Buffer.alloc(4)]), headers: binary }],
  ["an answer that is packed", { body: many, headers: { ...json, "accept-encoding": "gzip" } }],
  ["a long answer to who takes no packed one", { body: many, headers: { ...json, "accept-encoding": "br" } }],
  ["text that is no JSON", { body: "{" }],
  ["bytes that are no text", { body: Buffer.from([0x7b, 0xff]) }],
  ["a value that does not fit", { body: { inputs: inputs("x") } }],
  ["no body", { body: "" }],
  ["a type that is not taken", { headers: { "content-type": "text/csv" } }],
  ["an encoding that is not taken", { headers: { ...json, "content-encoding": "br" } }],
  ["a body over the limit", { body: Buffer.alloc(20_001) }],
  ["a model that is not served", { path: "/v2/models/other/infer" }],
  ["a version that is not served", { path: "/v2/models/linear/versions/2/infer" }],
  ["a time that is none", { headers: { ...json, "x-bedplate-timeout-ms": "soon" } }],
  ["no time", { headers: { ...json, "x-bedplate-timeout-ms": "0" } }],
])("%s is answered without the framework as with it, word for word", async (_, sent) => {
  const expected = await throughFramework(sent);
  // Who calls is known from then on.
  const { isTaken, ...answer } = await overSocket(sent);
  if (answer.status === 504) expect(answer.payload.toString()).toContain("DEADLINE_EXCEEDED");
  else expect(answer).toEqual(expected);
  expect(isTaken).toBe(true);
});

test.each<[string, Sent, number]>([
  ["somebody unknown", { headers: { ...json, authorization: "Bearer nobody" } }, 401],
  ["a foreign host name", { headers: { ...json, host: "evil.example" } }, 403],
  ["a name that needs decoding", { path: "/v2/models/li%6eear/infer" }, 200],
  ["another protocol", { path: "/v1/models/linear:predict", body: { instances: [[3]] } }, 200],
])("%s goes through the framework", async (_, sent, status) => {
  await throughFramework({});
  expect(await overSocket(sent)).toMatchObject({ status, isTaken: false });
});

test("what is answered is measured, whatever the way", async () => {
  const count = async () => {
    const text = await service.ports.metrics.registry.metrics();
    const line =
      /^bedplate_http_request_seconds_count\{route="\/v2\/models\/:model\/infer".*status="200"\} (\d+)/m;
    return Number(line.exec(text)?.[1] ?? 0);
  };
  const before = await count();
  await throughFramework({});
  await overSocket({});
  expect(await count()).toBe(before + 2);
});

test("who is turned away is so without the framework too, with the time to come back", async () => {
  await throughFramework({});
  const place = service.host.admit({ model: "linear" }, 1);
  const expected = await throughFramework({});
  const { isTaken, ...answer } = await overSocket({});
  place.release();
  expect(answer).toEqual(expected);
  expect(answer).toMatchObject({ status: 429, headers: { "retry-after": "1" } });
  expect(isTaken).toBe(true);
});

test("who is turned away keeps the connection, through the framework too", async () => {
  const place = service.host.admit({ model: "linear" }, 1);
  const socket = connect(port, "127.0.0.1");
  const received = () => once(socket, "data").then(([chunk]: Buffer[]) => String(chunk));
  const body = JSON.stringify({ inputs: inputs(3) });
  // An address that has to be decoded goes through the framework.
  const lines = [
    `POST /v2/models/linea%72/infer HTTP/1.1`,
    `host: ${own.host}`,
    "content-type: application/json",
  ];
  lines.push(`authorization: ${own.authorization}`, `content-length: ${body.length}`);
  for (let at = 0; at < 3; at++) {
    socket.write(`${lines.join("\r\n")}\r\n\r\n${body}`);
    const answer = await received();
    expect(answer).toMatch(/^HTTP\/1.1 429 /);
    expect(answer).not.toMatch(/^connection: close/im);
  }
  place.release();
  socket.destroy();
});

test("a body that does not come is not waited for longer than it may take, and its place is given back", async () => {
  await throughFramework({});
  const slow = connect(port, "127.0.0.1");
  await once(slow, "connect");
  const lines = [`POST ${path} HTTP/1.1`, `host: ${own.host}`, `authorization: ${own.authorization}`];
  slow.write(`${lines.join("\r\n")}\r\ncontent-length: 10\r\n\r\n{`);
  const [answer] = (await once(slow, "data")) as [Buffer];
  expect(answer.toString()).toMatch(/^HTTP\/1.1 408 [\s\S]*connection: close/i);
  await once(slow, "close");
  expect((await overSocket({})).status).toBe(200);
});
