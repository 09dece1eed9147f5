import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import type { AddressInfo } from "node:net";
import type { InjectOptions } from "fastify";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { somePathSpellings } from "../../../testing/path-spellings.ts";
import { openService, type ServiceUnderTest, token } from "../../../testing/service.ts";
import { Problem } from "../../domain/problem.ts";

let service: ServiceUnderTest;
const checked: unknown[] = [];
beforeAll(async () => {
  service = await openService(({ models }) => ({
    models: {
      ...models,
      check: async (version) => {
        checked.push(version);
        throw new Problem("MODEL_UNSUPPORTED", "It cannot be loaded.");
      },
    },
  }));
});
afterAll(() => service.close());

const headers = { authorization: `Bearer ${token}` };

async function send(options: InjectOptions & { readonly url: string }) {
  const answer = await service.app.inject({ ...options, headers: { ...headers, ...options.headers } });
  return { status: answer.statusCode, body: answer.body, headers: answer.headers, raw: answer.rawPayload };
}

/** Calls an address below the SDK's prefix; a text is sent as it is, as JSON. */
async function call(
  method: "GET" | "POST" | "PATCH" | "DELETE",
  path: string,
  payload?: unknown,
  prefix = "/api",
) {
  const { status, body } = await send({
    method,
    url: `${prefix}/2.0/mlflow/${path}`,
    ...(payload === undefined
      ? {}
      : {
          payload: typeof payload === "string" ? payload : JSON.stringify(payload),
          headers: { "content-type": "application/json" },
        }),
  });
  return { status, answer: JSON.parse(body) as Record<string, unknown> };
}

async function newRun(): Promise<string> {
  const { answer } = await call("POST", "runs/create", { experiment_id: "0", start_time: 1 });
  return (answer as { run: { info: { run_id: string } } }).run.info.run_id;
}

const invalid = (message: unknown) => ({
  status: 400,
  answer: { error_code: "INVALID_PARAMETER_VALUE", message },
});

describe("wire", () => {
  test("both prefixes answer, and what is unknown gets MLflow's JSON 404", async () => {
    for (const prefix of ["/api", "/ajax-api"]) {
      expect((await call("POST", "experiments/search", {}, prefix)).status).toBe(200);
      expect(await call("POST", "gateway/routes", {}, prefix)).toMatchObject({
        status: 404,
        answer: { error_code: "ENDPOINT_NOT_FOUND" },
      });
    }
  });

  test("integers are numbers, whether they came as numbers or as text, and unknown fields are not looked at", async () => {
    const { answer } = await call("POST", "runs/create", {
      experiment_id: "0",
      start_time: "1700000000123",
      user_id: null,
      unknown: { nested: [1] },
    });
    expect(answer).toMatchObject({ run: { info: { start_time: 1700000000123, experiment_id: "0" } } });
  });

  test("Python's bare NaN and infinities are read, and NaN is written as protobuf's JSON writes it", async () => {
    const runId = await newRun();
    const batch = `{"run_id": "${runId}", "metrics": [{"key": "a NaN", "value": NaN, "timestamp": 1, "step": 0},
      {"key": "b", "value": -Infinity, "timestamp": 1}, {"key": "c", "value": "Infinity", "timestamp": "1"}]}`;
    expect(await call("POST", "runs/log-batch", batch)).toEqual({ status: 200, answer: {} });
    const { answer } = await call("GET", `runs/get?run_id=${runId}`);
    expect(answer).toMatchObject({
      run: {
        data: {
          metrics: [
            { key: "a NaN", value: "NaN" },
            { key: "b", value: -Number.MAX_VALUE },
            { key: "c", value: Number.MAX_VALUE },
          ],
        },
      },
    });
  });

  test("what is missing or wrong is named in MLflow's sentences, all at once", async () => {
    expect(await call("POST", "runs/log-metric", { key: "", value: "x", timestamp: 1.5 })).toEqual(
      invalid(
        "Missing value for required parameter 'run_id'. Missing value for required parameter 'key'. Invalid value \"x\" for parameter 'value' supplied. Invalid value 1.5 for parameter 'timestamp' supplied. See the API docs for more information about request parameters.",
      ),
    );
    expect(
      await call("POST", "runs/log-batch", { run_id: "x", metrics: [{ key: "a", timestamp: 1 }] }),
    ).toEqual(invalid(expect.stringContaining("Missing value for required parameter 'metrics[0].value'.")));
    expect(await call("GET", "experiments/get")).toEqual(
      invalid(expect.stringContaining("Missing value for required parameter 'experiment_id'.")),
    );
    expect(await call("POST", "experiments/create", "[1]")).toEqual(
      invalid(expect.stringContaining("must be a JSON object")),
    );
  });

  test("a body that is not JSON, and text that no database holds, are refused", async () => {
    expect(await call("POST", "experiments/create", '{"name": nope}')).toMatchObject({
      status: 400,
      answer: { error_code: "BAD_REQUEST" },
    });
    for (const name of ["a\\u0000b", "\\ud800"]) {
      expect(await call("POST", "experiments/create", `{"name": "${name}"}`)).toEqual(
        invalid(expect.stringContaining("NUL")),
      );
    }
    expect((await call("GET", "experiments/get-by-name?experiment_name=a%00")).status).toBe(400);
  });

  test("a list in an address may be repeated", async () => {
    const search = "registered-models/search?order_by=name%20DESC&order_by=timestamp&max_results=5";
    expect(await call("GET", search)).toEqual({ status: 200, answer: { registered_models: [] } });
  });

  test("the limits of pages and batches are those of MLflow", async () => {
    expect((await call("POST", "runs/search", { max_results: 50_001 })).status).toBe(400);
    expect((await call("GET", "registered-models/search?max_results=1001")).status).toBe(400);
    const metrics = Array.from({ length: 1_001 }, (_, at) => ({ key: "m", value: at, timestamp: at }));
    expect(await call("POST", "runs/log-batch", { run_id: await newRun(), metrics })).toEqual(
      invalid(expect.stringContaining("at most 1000 metrics")),
    );
  });

  test("the database's words never show in an answer", async () => {
    for (const filter of ["params.a = '\\'", "metrics.a > 1e308", "tags.`'` = '\"'", "run_id = '%s $1 ?'"]) {
      const { answer, status } = await call("POST", "runs/search", { experiment_ids: ["0"], filter });
      expect(status).toBeLessThan(500);
      expect(JSON.stringify(answer)).not.toMatch(/select|syntax|relation|column/i);
    }
  });
});

describe("artifacts", () => {
  const store = "/api/2.0/mlflow-artifacts/artifacts";
  const put = (path: string, payload: string | Buffer, type = "text/html") =>
    send({ method: "PUT", url: `${store}/${path}`, payload, headers: { "content-type": type } });

  test("a file goes in with any content type and comes out as its name says, to be saved", async () => {
    for (const type of ["application/json", "text/html", "application/x-www-form-urlencoded"]) {
      expect(await put("0/a/t%C3%A4g.json", '{"no', type)).toMatchObject({ status: 200, body: "{}" });
    }
    const answer = await send({ url: `${store}/0/a/t%C3%A4g.json`, headers: { accept: "text/html" } });
    expect(answer).toMatchObject({
      status: 200,
      body: '{"no',
      headers: {
        "content-type": "text/plain; charset=utf-8",
        "content-disposition": "attachment; filename*=UTF-8''t%C3%A4g.json",
        "x-content-type-options": "nosniff",
        "content-length": "4",
      },
    });
    expect(await send({ url: `${store}?path=0/a` })).toMatchObject({
      body: JSON.stringify({ files: [{ path: "täg.json", is_dir: false, file_size: 4 }] }),
    });
    expect((await send({ method: "DELETE", url: `${store}/0/a` })).status).toBe(200);
    expect(await send({ url: `${store}/0/a/t%C3%A4g.json` })).toMatchObject({ status: 404 });
  });

  test("an empty file is a file", async () => {
    expect((await send({ method: "PUT", url: `${store}/0/empty` })).status).toBe(200);
    expect(await send({ url: `${store}/0/empty` })).toMatchObject({ status: 200, body: "" });
  });

  test("a part of a file can be had, and a part behind its end cannot", async () => {
    await put("0/bytes.bin", Buffer.from("0123456789"));
    const part = (range: string) => send({ url: `${store}/0/bytes.bin`, headers: { range } });
    expect(await part("bytes=2-4")).toMatchObject({
      status: 206,
      body: "234",
      headers: { "content-range": "bytes 2-4/10", "content-length": "3" },
    });
    expect(await part("bytes=-2")).toMatchObject({ status: 206, body: "89" });
    expect(await part("bytes=10-")).toMatchObject({
      status: 416,
      headers: { "content-range": "bytes */10" },
    });
  });

  test("files of runs and versions are found by what they belong to", async () => {
    const runId = await newRun();
    await put(`0/${runId}/artifacts/model/MLmodel`, "x");
    expect(await call("GET", `artifacts/list?run_id=${runId}&path=model`)).toEqual({
      status: 200,
      answer: {
        root_uri: `mlflow-artifacts:/0/${runId}/artifacts`,
        files: [{ path: "model/MLmodel", is_dir: false, file_size: 1 }],
      },
    });
    await call("POST", "registered-models/create", { name: "owned" });
    await call("POST", "model-versions/create", { name: "owned", source: `runs:/${runId}/model` });
    for (const url of [
      `/get-artifact?run_id=${runId}&path=model/MLmodel`,
      "/model-versions/get-artifact?name=owned&version=1&path=MLmodel",
    ]) {
      expect(await send({ url })).toMatchObject({ status: 200, body: "x" });
    }
  });

  /** Sends the address byte for byte: other clients tidy dots up before they send. */
  async function statusOf(method: string, path: string): Promise<number | undefined> {
    const { port } = service.app.server.address() as AddressInfo;
    const outgoing = request({
      port,
      host: "127.0.0.1",
      method,
      path,
      headers: { ...headers, connection: "close" },
    });
    outgoing.end(method === "PUT" ? "x" : undefined);
    const [answer] = (await once(outgoing, "response")) as [IncomingMessage];
    answer.resume();
    return answer.statusCode;
  }

  test("no spelling of a path leads out of the store, on any address", async () => {
    await service.app.listen({ port: 0, host: "127.0.0.1" });
    const runId = await newRun();
    await call("POST", "registered-models/create", { name: "paths" });
    await call("POST", "model-versions/create", { name: "paths", source: `runs:/${runId}/model` });
    for (const path of somePathSpellings) {
      const addresses = [
        ["GET", `${store}/${path}`],
        ["PUT", `${store}/${path}`],
        ["DELETE", `${store}/${path}`],
        ["GET", `${store}?path=${path}`],
        ["GET", `/get-artifact?run_id=${runId}&path=${path}`],
        ["GET", `/model-versions/get-artifact?name=paths&version=1&path=${path}`],
        ["GET", `/api/2.0/mlflow/artifacts/list?run_id=${runId}&path=${path}`],
      ] as const;
      for (const [method, address] of addresses) {
        expect([method, path, await statusOf(method, address)]).toEqual([method, path, 400]);
      }
      const source = { name: "paths", source: `mlflow-artifacts:/${path}` };
      expect([path, (await call("POST", "model-versions/create", source)).status]).toEqual([path, 400]);
    }
    expect(
      await service.db.selectFrom("artifacts").selectAll().where("path", "like", "%passwd%").execute(),
    ).toEqual([]);
  });
});

describe("aliases", () => {
  const setAlias = (alias: string, version: number) =>
    call("POST", "registered-models/alias", { name: "aliased", alias, version: String(version) });

  test("an ONNX file that cannot be loaded keeps its version from becoming what is served, and only that", async () => {
    const runId = await newRun();
    const url = `/api/2.0/mlflow-artifacts/artifacts/0/${runId}/artifacts/onnx/model.onnx`;
    await send({ method: "PUT", url, payload: "no model" });
    await call("POST", "registered-models/create", { name: "aliased" });
    await call("POST", "model-versions/create", { name: "aliased", source: `runs:/${runId}/onnx` });
    await call("POST", "model-versions/create", { name: "aliased", source: `runs:/${runId}/other` });
    expect(await setAlias("champion", 1)).toMatchObject({
      status: 422,
      answer: { message: "It cannot be loaded." },
    });
    const artifactPath = expect.stringMatching(/^model-versions\/[0-9a-f-]{36}\/1$/);
    expect(checked).toEqual([{ model: "aliased", version: 1, artifactPath }]);
    expect(await service.ports.registry.aliased("champion")).toEqual([]);
    expect((await setAlias("candidate", 1)).status).toBe(200);
    expect((await setAlias("champion", 2)).status).toBe(200);
    expect(checked).toHaveLength(1);
  });

  test("an alias that names nothing is an invalid parameter, as clients expect", async () => {
    expect(await call("GET", "registered-models/alias?name=aliased&alias=none")).toEqual(
      invalid("Registered model alias none not found."),
    );
    expect(await call("GET", "registered-models/alias?name=aliased&alias=candidate")).toMatchObject({
      answer: { model_version: { version: "1", aliases: ["candidate"], current_stage: "None" } },
    });
  });
});

test("what a GET asks for may stand in its body, which has the limit of every body", async () => {
  const runId = await newRun();
  const { status, answer } = await call("GET", "runs/get", { run_id: runId });
  expect({ status, answer }).toMatchObject({ status: 200, answer: { run: { info: { run_id: runId } } } });
  expect(await call("GET", "runs/get", "[1]")).toEqual(invalid(expect.stringContaining("JSON object")));
  expect((await call("GET", "runs/get", "{")).status).toBe(400);
  const over = service.ports.settings.http.bodyLimitBytes + 1;
  expect((await call("GET", "runs/get", " ".repeat(over))).status).toBe(413);
});
