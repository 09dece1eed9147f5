import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { afterEach, expect, test } from "vitest";
import { z } from "zod";
import { createCrew } from "./context.ts";
import { createReport, describeReport } from "./report.ts";
import { openServer, Refusal } from "./server.ts";

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function listen(answer: RequestListener): Promise<string> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closing.push(() => new Promise((resolve) => server.close(resolve)));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test("a server that is busy is asked again, when it says", async () => {
  let asked = 0;
  const url = await listen((request, response) => {
    asked += 1;
    expect(request.headers.authorization).toBe("Bearer t");
    response.writeHead(asked < 3 ? 503 : 200, { "retry-after": "0" }).end('{"experiments":[]}');
  });
  const schema = z.object({ experiments: z.array(z.unknown()) });
  const server = openServer(url, { authorization: "Bearer t" });
  expect(await server.call(schema, "GET", "experiments/search")).toEqual({ experiments: [] });
  expect(asked).toBe(3);
});

test("a refusal has MLflow's words, and a page of a proxy is not printed", async () => {
  const url = await listen((request, response) => {
    const known = request.url?.endsWith("/known") === true;
    const body = known ? '{"error_code":"RESOURCE_DOES_NOT_EXIST","message":"no"}' : "<html>…</html>";
    response.writeHead(404).end(body);
  });
  const ask = (path: string) => openServer(url, {}).call(z.object({}), "GET", path);
  await expect(ask("known")).rejects.toMatchObject({ status: 404, message: "RESOURCE_DOES_NOT_EXIST: no" });
  await expect(ask("other")).rejects.toMatchObject({ code: "", message: "status 404: a page" });
});

test("a file is sent with its length, and what the server says about it counts", async () => {
  const url = await listen(async (request, response) => {
    const body = await text(request);
    const whole = body.length === Number(request.headers["content-length"]);
    response.writeHead(whole && request.url?.includes("/a%20b/c.txt") === true ? 200 : 413).end("{}");
  });
  const server = openServer(url, {});
  await server.store("a b/c.txt", Readable.from(["hello"]), 5);
  await expect(server.store("other", Readable.from(["hello"]), 5)).rejects.toBeInstanceOf(Refusal);
});

test("few things are under way at once, failures are noted, and many in a row end the copy", async () => {
  const report = createReport({ from: "a", to: "b", dryRun: false });
  const crew = createCrew({ report, concurrency: 3, signal: new AbortController().signal });
  let busy = 0;
  let most = 0;
  await crew([1, 2, 3, 4, 5, 6, 7, 8], String, async (one) => {
    busy += 1;
    most = Math.max(most, busy);
    await new Promise((resolve) => setImmediate(resolve));
    busy -= 1;
    if (one % 2 === 0) throw new Error("even");
  });
  expect(most).toBe(3);
  expect(report.read().failed).toMatchObject({
    count: 4,
    notes: expect.arrayContaining([{ what: "2", reason: "even" }]),
  });
  const many = Array.from({ length: 300 }, (_, at) => at);
  const failing = crew(many, String, () => Promise.reject(new Error("gone")));
  await expect(failing).rejects.toThrow("25 things in a row could not be copied; the last because: gone");
});

test("a report keeps its first 200 reasons and counts the others", () => {
  const report = createReport({ from: "a", to: "b", dryRun: true });
  for (let at = 0; at < 250; at += 1) report.skip(`run ${at}`, "deleted");
  const read = report.read();
  expect([read.skipped.count, read.skipped.notes.length]).toEqual([250, 200]);
  expect(describeReport(read)).toContain("and 50 more");
});
