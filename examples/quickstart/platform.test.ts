import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { createService, type Service } from "./http.ts";
import { findModel, follow, infer } from "./platform.ts";

/** A service that gives these answers in turn for every address; the last one is repeated. */
function scripted(answers: Record<string, readonly unknown[]>): Service {
  const next = (path: string) => {
    const left = answers[path] ?? [];
    const [first, ...rest] = left;
    if (rest.length > 0) answers[path] = rest;
    return first;
  };
  return {
    url: "http://platform",
    json: async <Answer>(_: string, path: string) => next(path) as Answer,
    text: async (path) => String(next(path)),
    put: async () => {},
  };
}

/** Starts a server that answers everything the same way, and calls it once. */
async function answered<Answer>(status: number, body: string, call: (service: Service) => Promise<Answer>) {
  const server = createServer((_, response) => response.writeHead(status).end(body));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  try {
    return await call(createService(`http://127.0.0.1:${port}`, "token"));
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

test("a job's log is passed on line by line, each once, to the end of the job", async () => {
  const at = "/api/bedplate/v1/training/jobs/7";
  const service = scripted({
    [at]: [{ state: "queued" }, { state: "running" }, { state: "running" }, { state: "succeeded" }],
    [`${at}/log`]: ["one\nhal", "one\nhalf\ntwo\n", "one\nhalf\ntwo\nend"],
  });
  const seen: string[] = [];
  const { job, lines } = await follow(service, "7", (line) => seen.push(line));
  expect(job.state).toBe("succeeded");
  expect(seen).toEqual(["one", "half", "two", "end"]);
  expect(lines).toEqual(seen);
});

test("a prediction is the label with its probability, row by row", async () => {
  const outputs = [
    { name: "probabilities", shape: [2, 3], data: [0.1, 0.7, 0.2, 0.9, 0.05, 0.05] },
    { name: "label", shape: [2], data: [1, 0] },
  ];
  const service = scripted({ "/v2/models/penguins/infer": [{ outputs }] });
  const rows = [
    [1, 2],
    [3, 4],
  ];
  expect(await infer(service, "penguins", rows)).toEqual([
    { label: 1, probability: 0.7 },
    { label: 0, probability: 0.9 },
  ]);
});

test("another model under the name is noticed", async () => {
  const service = scripted({ "/v2/models/penguins/infer": [{ outputs: [] }] });
  await expect(infer(service, "penguins", [[1]])).rejects.toThrow("is it another model?");
});

test("an address where nobody listens is one sentence with what to do", async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  const call = createService(`http://127.0.0.1:${port}`, "token").text("/livez");
  await expect(call).rejects.toThrow(
    `The platform at http://127.0.0.1:${port} does not answer (ECONNREFUSED): \`npm start\` brings it up`,
  );
});

test("a refusal is told in the service's words, whichever protocol worded it", async () => {
  const words = { detail: "No.", message: "No.", error: "No." };
  for (const [key, value] of Object.entries(words)) {
    const body = JSON.stringify({ [key]: value });
    await expect(answered(422, body, (service) => service.text("/x"))).rejects.toThrow(
      "GET /x was answered 422: No.",
    );
  }
  await expect(answered(502, "<html>", (service) => service.text("/x"))).rejects.toThrow("502: <html>");
});

test("a model that is not there is undefined, any other refusal is an error", async () => {
  const find = (service: Service) => findModel(service, "penguins");
  expect(await answered(404, '{"code":"NOT_FOUND","detail":"No."}', find)).toBeUndefined();
  await expect(answered(403, '{"code":"FORBIDDEN","detail":"Not yours."}', find)).rejects.toThrow(
    "Not yours.",
  );
});

test("a token that is not taken says where the right one is", async () => {
  const call = answered(401, '{"code":"UNAUTHENTICATED"}', (service) => service.text("/x"));
  await expect(call).rejects.toThrow("`npx bedplate env` prints the one that it takes.");
});
