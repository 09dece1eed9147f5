import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import type { AddressInfo } from "node:net";
import type { InjectOptions } from "fastify";
import { afterAll, beforeAll, expect, test } from "vitest";
import { somePathSpellings } from "../../../testing/path-spellings.ts";
import { openService, type ServiceUnderTest, token } from "../../../testing/service.ts";

let service: ServiceUnderTest;
beforeAll(async () => {
  service = await openService();
});
afterAll(() => service.close());

const headers = { authorization: `Bearer ${token}` };
const store = "/api/2.0/mlflow-artifacts";

async function send(options: InjectOptions & { readonly url: string }) {
  const answer = await service.app.inject({ ...options, headers: { ...headers, ...options.headers } });
  return { status: answer.statusCode, body: answer.body, headers: answer.headers };
}

async function post(url: string, payload: object) {
  const { status, body } = await send({ method: "POST", url, payload });
  return { status, answer: JSON.parse(body) as Record<string, unknown> };
}

interface Credential {
  readonly url: string;
  readonly part_number: number;
  readonly headers: Record<string, string>;
}

async function begin(folder: string, path: string, parts: number) {
  const { answer } = await post(`${store}/mpu/create/${folder}`, { path, num_parts: parts });
  return { id: String(answer.upload_id), credentials: answer.credentials as Credential[] };
}

/** Sends a part as MLflow's client does: with the headers that it was given and no others. */
const sendPart = (credential: Credential | undefined, payload: string) =>
  service.app.inject({
    method: "PUT",
    url: new URL(credential?.url ?? "").pathname,
    headers: { ...credential?.headers, "content-type": "application/octet-stream" },
    payload,
  });

test("a file comes in parts, in any order, and becomes one artifact", async () => {
  const { id, credentials } = await begin("0/run/artifacts", "/home/me/big file.bin", 3);
  expect(credentials.map(({ part_number }) => part_number)).toEqual([1, 2, 3]);
  const parts: { part_number: number; etag: unknown; url: unknown }[] = [];
  for (const at of [2, 0, 1]) {
    const stored = await sendPart(credentials[at], `part ${at + 1};`);
    expect(stored.statusCode).toBe(200);
    parts.push({ part_number: at + 1, etag: stored.headers.etag, url: credentials[at]?.url });
  }
  parts.sort((a, b) => a.part_number - b.part_number);
  const path = "/home/me/big file.bin";
  const complete = (rest: object) =>
    post(`${store}/mpu/complete/0/run/artifacts`, { path, upload_id: id, parts, ...rest });
  expect(await complete({ parts: [{ part_number: 1, etag: '"x"' }] })).toMatchObject({ status: 400 });
  expect(await complete({})).toEqual({ status: 200, answer: {} });
  expect(await complete({})).toEqual({ status: 200, answer: {} });
  const file = await send({ url: `${store}/artifacts/0/run/artifacts/big%20file.bin` });
  expect(file).toMatchObject({ status: 200, body: "part 1;part 2;part 3;" });
});

test("a ticket is good for the parts of its own upload, and for nothing else", async () => {
  const one = await begin("0/a", "one", 1);
  const two = await begin("0/a", "two", 1);
  const [mine] = one.credentials;
  const [other] = two.credentials;
  const status = async (options: InjectOptions) => (await service.app.inject(options)).statusCode;
  const stolen = { ...(other as Credential), headers: mine?.headers ?? {} };
  expect((await sendPart(stolen, "x")).statusCode).toBe(403);
  expect((await sendPart({ ...(mine as Credential), headers: {} }, "x")).statusCode).toBe(401);
  const ticket = mine?.headers ?? {};
  expect(await status({ url: `${store}/artifacts?path=0`, headers: ticket })).toBe(403);
  expect(await status({ method: "PUT", url: `${store}/artifacts/0/x`, headers: ticket })).toBe(403);
  expect(await status({ url: "/api/bedplate/v1/models", headers: ticket })).toBe(403);
  const abort = { path: "one", upload_id: one.id };
  expect(await post(`${store}/mpu/abort/0/b`, abort)).toMatchObject({ status: 400 });
  expect(await post(`${store}/mpu/abort/0/a`, abort)).toEqual({ status: 200, answer: {} });
  expect((await sendPart(mine, "x")).statusCode).toBe(401);
});

test("parts that were not announced, and uploads that were not begun, are refused", async () => {
  const { id, credentials } = await begin("0/c", "f", 2);
  const beyond = { ...(credentials[0] as Credential), url: `${credentials[0]?.url.slice(0, -1)}3` };
  expect((await sendPart(beyond, "x")).statusCode).toBe(400);
  for (const num_parts of [0, -1, 10_001, 1e9, "many"]) {
    expect(await post(`${store}/mpu/create/0/c`, { path: "f", num_parts })).toMatchObject({ status: 400 });
  }
  const part = { part_number: 1, etag: "x" };
  const complete = { path: "f", upload_id: "00000000-0000-4000-8000-000000000000", parts: [part] };
  expect(await post(`${store}/mpu/complete/0/c`, complete)).toMatchObject({ status: 404 });
  expect(await post(`${store}/mpu/complete/0/c`, { ...complete, upload_id: id })).toMatchObject({
    status: 400,
    answer: { message: "Part 1 was not sent." },
  });
});

test("who has the bytes already is told so, and HEAD says all but the bytes", async () => {
  await send({ method: "PUT", url: `${store}/artifacts/0/held.bin`, payload: "0123456789" });
  const get = (more: Record<string, string>, method: "GET" | "HEAD" = "GET") =>
    send({ method, url: `${store}/artifacts/0/held.bin`, headers: more });
  const { headers: first } = await get({});
  const etag = String(first.etag);
  expect(etag).toMatch(/^"[0-9a-f]{64}"$/);
  expect(await get({ "if-none-match": etag })).toMatchObject({ status: 304, body: "" });
  expect(await get({ "if-none-match": `"x", W/${etag}` })).toMatchObject({ status: 304, body: "" });
  expect(await get({ "if-none-match": '"x"' })).toMatchObject({ status: 200, body: "0123456789" });
  expect(await get({ range: "bytes=0-1", "if-range": etag })).toMatchObject({ status: 206, body: "01" });
  expect(await get({ range: "bytes=0-1", "if-range": '"old"' })).toMatchObject({ status: 200 });
  expect(await get({}, "HEAD")).toMatchObject({
    status: 200,
    body: "",
    headers: { "content-length": "10", etag },
  });
  expect(await get({ range: "bytes=-3" }, "HEAD")).toMatchObject({
    status: 206,
    body: "",
    headers: { "content-length": "3", "content-range": "bytes 7-9/10" },
  });
});

test("a folder on disk has no address to send a client to, and says so in the words that clients know", async () => {
  await send({ method: "PUT", url: `${store}/artifacts/0/x`, payload: "x" });
  const { status, body } = await send({ url: `${store}/presigned/0/x` });
  expect(status).toBe(501);
  expect(JSON.parse(body)).toEqual({
    error_code: "NOT_IMPLEMENTED",
    message: "Presigned download is not supported for the current artifact repository",
  });
});

test("the parts of an upload that has ended are collected at once, and the answer says how much that was", async () => {
  const { answer } = await post("/api/bedplate/v1/artifacts/collect", {});
  expect(answer).toEqual({ objects: 3, bytes: 21, uploads: 0 });
});

/** Sends the address byte for byte: other clients tidy dots up before they send. */
async function statusOf(method: string, path: string, payload?: object): Promise<number | undefined> {
  const { port } = service.app.server.address() as AddressInfo;
  const type = { "content-type": "application/json", connection: "close" };
  const outgoing = request({ port, host: "127.0.0.1", method, path, headers: { ...headers, ...type } });
  outgoing.end(payload === undefined ? undefined : JSON.stringify(payload));
  const [answer] = (await once(outgoing, "response")) as [IncomingMessage];
  answer.resume();
  return answer.statusCode;
}

test("no spelling of a path leads out of the store, on any address of an upload or of the object store", async () => {
  await service.app.listen({ port: 0, host: "127.0.0.1" });
  const file = { path: "f", upload_id: "00000000-0000-4000-8000-000000000000" };
  for (const path of somePathSpellings) {
    const parts = [{ part_number: 1, etag: "x" }];
    const run = { run_id: "r", path: safeDecode(path) };
    const requests = [
      ["POST", `${store}/mpu/create/${path}`, { path: "f", num_parts: 1 }],
      ["POST", `${store}/mpu/complete/${path}`, { ...file, parts }],
      ["POST", `${store}/mpu/abort/${path}`, file],
      ["GET", `${store}/presigned/${path}`, undefined],
      ["POST", "/api/2.0/mlflow/artifacts/presigned-upload-url", run],
    ] as const;
    for (const [method, address, payload] of requests) {
      expect([address, path, await statusOf(method, address, payload)]).toEqual([address, path, 400]);
    }
    const part = await statusOf("PUT", `${store}/mpu/parts/${path}/1`);
    expect([path, part === 400 || part === 404]).toEqual([path, true]);
  }
});

test("of the path that the client names for its own file, only the last name counts, and it names a file", async () => {
  for (const path of somePathSpellings) {
    const spelled = safeDecode(path);
    const { status } = await post(`${store}/mpu/create/0/own`, { path: spelled, num_parts: 1 });
    expect([spelled, status === 200 || status === 400]).toEqual([spelled, true]);
  }
  const rows = await service.db
    .selectFrom("uploads")
    .select("path")
    .where("path", "like", "0/own/%")
    .execute();
  expect(rows.length).toBeGreaterThan(0);
  const names = ["passwd", "windows", "b", "share", "x"].map((name) => `0/own/${name}`);
  for (const { path } of rows) expect(names).toContain(path);
});

function safeDecode(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
