import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { jsonRequest, protobufRequest, type SpanSketch } from "../../../testing/otlp.ts";
import { openService, type ServiceUnderTest, token } from "../../../testing/service.ts";
import { exportResponse } from "../otlp/otlp-schema.ts";

let service: ServiceUnderTest;
const limits = { spanLimit: 50, traceSpanLimit: 60, deleteLimit: 3, bodyLimitBytes: 100_000 };
beforeAll(async () => {
  service = await openService(({ settings }) => ({
    settings: { ...settings, traces: { ...settings.traces, ...limits } },
  }));
});
afterAll(() => service.close());

const authorization = `Bearer ${token}`;
let made = 0;
const newId = () => {
  made += 1;
  return made.toString(16).padStart(32, "0");
};
const sketch = (traceId: string, rest: Partial<SpanSketch> = {}): SpanSketch => ({
  traceId,
  spanId: "00000000000000aa",
  name: "root",
  startTimeUnixNano: "1700000000123456789",
  endTimeUnixNano: "1700000001123456789",
  ...rest,
});

type Answer = Record<string, never> & {
  readonly trace: { readonly trace_info: { readonly tags: object }; readonly spans: readonly object[] };
};

async function call(method: "GET" | "POST" | "PATCH" | "DELETE", path: string, payload?: object) {
  const reply = await service.app.inject({
    method,
    url: `/api/${path}`,
    headers: { authorization, "content-type": "application/json" },
    ...(payload === undefined ? {} : { payload: JSON.stringify(payload) }),
  });
  return { status: reply.statusCode, text: reply.body, answer: JSON.parse(reply.body) as Answer };
}

async function send(payload: Buffer | string, headers: Record<string, string> = {}) {
  return await service.app.inject({
    method: "POST",
    url: "/v1/traces",
    headers: {
      authorization,
      "content-type": "application/x-protobuf",
      "x-mlflow-experiment-id": "0",
      ...headers,
    },
    payload,
  });
}

const info = (traceId: string, rest: object = {}) => ({
  trace: {
    trace_info: {
      trace_id: traceId,
      trace_location: { type: "MLFLOW_EXPERIMENT", mlflow_experiment: { experiment_id: "0" } },
      request_time: "2026-01-31T12:00:00.123456Z",
      execution_duration: "1.5s",
      state: "OK",
      ...rest,
    },
  },
});

describe("spans of OpenTelemetry", () => {
  test("are answered in the encoding in which they came, and come back as they were", async () => {
    const traceId = newId();
    const answer = await send(protobufRequest([sketch(traceId)]));
    expect([answer.statusCode, answer.headers["content-type"], answer.rawPayload.length]).toEqual([
      200,
      "application/x-protobuf",
      0,
    ]);
    const child = sketch(traceId, {
      spanId: "00000000000000bb",
      parentSpanId: "00000000000000aa",
      name: "child",
    });
    const json = await send(gzipSync(jsonRequest([child])), {
      "content-type": "application/json; charset=utf-8",
      "content-encoding": "gzip",
    });
    expect([json.statusCode, json.headers["content-type"], json.body]).toEqual([
      200,
      "application/json; charset=utf-8",
      "{}",
    ]);
    const { text, answer: held } = await call("GET", `3.0/mlflow/traces/get?trace_id=tr-${traceId}`);
    expect(text).toContain('"start_time_unix_nano": 1700000000123456789');
    expect(held.trace.spans).toMatchObject([
      { name: "root" },
      { name: "child", parent_span_id: "AAAAAAAAAKo=" },
    ]);
    expect(held.trace.trace_info).toMatchObject({
      request_time: "2023-11-14T22:13:20.123Z",
      execution_duration: "1.000s",
      state: "OK",
    });
  });

  test("over a limit are refused whole, or told of as dropped where only the trace is full", async () => {
    const traceId = newId();
    const spans = (count: number, from = 1) =>
      Array.from({ length: count }, (_, at) =>
        sketch(traceId, { spanId: (from + at).toString(16).padStart(16, "0") }),
      );
    expect((await send(protobufRequest(spans(51)))).statusCode).toBe(400);
    expect((await send(protobufRequest(spans(50)))).statusCode).toBe(200);
    const partial = await send(protobufRequest(spans(50, 100)));
    expect(partial.statusCode).toBe(200);
    expect(exportResponse.toObject(exportResponse.decode(partial.rawPayload), { longs: Number })).toEqual({
      partialSuccess: {
        rejectedSpans: 40,
        errorMessage: "A trace may hold 60 spans; the others are dropped.",
      },
    });
    const json = await send(jsonRequest(spans(1, 900)), { "content-type": "application/json" });
    expect(JSON.parse(json.body)).toMatchObject({ partialSuccess: { rejectedSpans: "1" } });
  });

  test("that are none, or packed to burst, are refused within a second", async () => {
    const bodies: readonly (readonly [Buffer | string, Record<string, string>, number])[] = [
      [gzipSync(Buffer.alloc(50_000_000)), { "content-encoding": "gzip" }, 413],
      [Buffer.alloc(200_000), {}, 413],
      [Buffer.from("no gzip"), { "content-encoding": "gzip" }, 400],
      [Buffer.from("x"), { "content-encoding": "br" }, 415],
      [Buffer.from("no protobuf"), {}, 400],
      [Buffer.alloc(0), {}, 400],
      ["{}", { "content-type": "text/plain" }, 415],
      ["[".repeat(90_000), { "content-type": "application/json" }, 400],
      [protobufRequest([sketch(newId())]), { "x-mlflow-experiment-id": "" }, 400],
      [protobufRequest([sketch(newId())]), { "x-mlflow-experiment-id": "999" }, 404],
      [protobufRequest([sketch(newId())]), { "x-mlflow-run-id": "none" }, 404],
      [protobufRequest([sketch(newId())]), { authorization: "Bearer wrong" }, 401],
    ];
    for (const [body, headers, status] of bodies) {
      const started = Date.now();
      const reply = await send(body, headers);
      expect([reply.statusCode, reply.body]).toEqual([status, expect.stringContaining("error_code")]);
      expect(Date.now() - started).toBeLessThan(1_000);
    }
  });

  test("belong to the run that their sender names", async () => {
    const created = await call("POST", "2.0/mlflow/runs/create", { experiment_id: "0" });
    const { run_id: runId } = (created.answer as unknown as { run: { info: { run_id: string } } }).run.info;
    const traceId = newId();
    expect((await send(protobufRequest([sketch(traceId)]), { "x-mlflow-run-id": runId })).statusCode).toBe(
      200,
    );
    const locations = [{ mlflow_experiment: { experiment_id: "0" } }];
    const found = await call("POST", "3.0/mlflow/traces/search", {
      locations,
      filter: `run_id = '${runId}'`,
    });
    expect(found.answer).toMatchObject({ traces: [{ trace_id: `tr-${traceId}` }] });
  });
});

describe("traces in the words of MLflow 3", () => {
  test("are written, read and found with every field", async () => {
    const traceId = `tr-${newId()}`;
    const assessment = {
      assessment_name: "good",
      source: { source_type: "HUMAN", source_id: "me" },
      feedback: { value: true },
      create_time: "2026-01-01T00:00:00Z",
    };
    const written = await call("POST", "3.0/mlflow/traces", {
      trace: {
        trace_info: {
          ...info(traceId).trace.trace_info,
          client_request_id: "mine",
          request_preview: "in".repeat(1_000),
          response_preview: "out",
          trace_metadata: { "mlflow.trace.session": "s" },
          tags: { a: "b", "mlflow.artifactLocation": "mlflow-artifacts:/elsewhere" },
          assessments: [assessment],
        },
      },
    });
    expect(written.answer).toMatchObject({
      trace: {
        trace_info: {
          trace_id: traceId,
          client_request_id: "mine",
          request_preview: `${"in".repeat(498)}i...`,
          request_time: "2026-01-31T12:00:00.123Z",
          execution_duration: "1.500s",
          trace_metadata: { "mlflow.trace.session": "s" },
          tags: { a: "b", "mlflow.artifactLocation": `mlflow-artifacts:/0/traces/${traceId}/artifacts` },
          assessments: [
            { ...assessment, create_time: "2026-01-01T00:00:00.000Z", valid: true, trace_id: traceId },
          ],
        },
      },
    });
    expect((await call("GET", `3.0/mlflow/traces/${traceId}`)).answer).toEqual(written.answer);
    const infos = await call("POST", "3.0/mlflow/traces/batchGetInfos", { trace_ids: ["tr-none", traceId] });
    expect(infos.answer).toEqual({ trace_infos: [written.answer.trace.trace_info] });
    const elsewhere = { trace_ids: [traceId], experiment_ids: ["77"] };
    expect((await call("POST", "3.0/mlflow/traces/batchGetInfos", elsewhere)).answer).toEqual({
      trace_infos: [],
    });
    expect((await call("GET", `3.0/mlflow/traces/batchGet?trace_ids=${traceId}`)).answer).toEqual({
      traces: [],
    });
  });

  test("that cannot be are refused", async () => {
    const wrong: readonly (readonly [object, RegExp])[] = [
      [{}, /Missing value for required parameter 'trace'/],
      [info("../../etc"), /Invalid trace ID/],
      [info("tr-1", { request_time: "yesterday" }), /request_time/],
      [info("tr-1", { request_time: 5 }), /request_time/],
      [info("tr-1", { execution_duration: "1 hour" }), /execution_duration/],
      [info("tr-1", { state: "GREAT" }), /state/],
      [
        info("tr-1", { tags: Object.fromEntries(Array.from({ length: 1_001 }, (_, at) => [`k${at}`, ""])) }),
        /tags/,
      ],
      [info("tr-1", { assessments: [{ assessment_name: "a" }] }), /one of feedback, expectation and issue/],
    ];
    for (const [body, message] of wrong) {
      const { status, answer } = await call("POST", "3.0/mlflow/traces", body);
      expect([status, answer]).toMatchObject([400, { message: expect.stringMatching(message) }]);
    }
    for (const search of [
      {},
      { locations: [] },
      { locations: [{}] },
      { locations: [{ mlflow_experiment: { experiment_id: "0" } }], max_results: 501 },
    ]) {
      expect((await call("POST", "3.0/mlflow/traces/search", search)).status).toBe(400);
    }
    expect((await call("GET", "3.0/mlflow/traces/get?trace_id=tr-none")).status).toBe(404);
    expect((await call("GET", "3.0/mlflow/traces/tr-none")).answer).toMatchObject({
      error_code: "RESOURCE_DOES_NOT_EXIST",
    });
  });

  test("without all of their spans are waited for, a bounded time", async () => {
    const traceId = newId();
    const sizes = { trace_metadata: { "mlflow.trace.sizeStats": '{"total_size_bytes": 9, "num_spans": 2}' } };
    await call("POST", "3.0/mlflow/traces", info(`tr-${traceId}`, sizes));
    await send(protobufRequest([sketch(traceId)]));
    const get = (partial: string) =>
      call("GET", `3.0/mlflow/traces/get?trace_id=tr-${traceId}&allow_partial=${partial}`);
    expect((await get("true")).answer.trace.spans).toHaveLength(1);
    const late = get("false");
    await send(protobufRequest([sketch(traceId, { spanId: "00000000000000cc" })]));
    expect((await late).answer.trace.spans).toHaveLength(2);
  });

  test("take tags, but none that only the platform sets", async () => {
    const traceId = `tr-${newId()}`;
    await call("POST", "3.0/mlflow/traces", info(traceId));
    for (const version of ["2.0", "3.0"]) {
      const path = `${version}/mlflow/traces/${traceId}/tags`;
      expect((await call("PATCH", path, { key: "k", value: "v".repeat(9_000) })).answer).toEqual({});
      expect((await call("GET", `3.0/mlflow/traces/${traceId}`)).answer.trace.trace_info.tags).toMatchObject({
        k: `${"v".repeat(4_093)}...`,
      });
      expect((await call("DELETE", path, { key: "k" })).answer).toEqual({});
      expect((await call("DELETE", path, { key: "k" })).status).toBe(404);
      expect((await call("PATCH", path, { key: "mlflow.artifactLocation", value: "x" })).status).toBe(400);
      expect((await call("PATCH", path, { key: "a\nb", value: "x" })).status).toBe(400);
    }
  });

  test("are deleted, a bounded number a request", async () => {
    const time = { request_time: "1999-01-01T00:00:00Z" };
    for (let at = 0; at < 5; at += 1) await call("POST", "3.0/mlflow/traces", info(`old-${at}`, time));
    const remove = async (body: object) =>
      await call("POST", "3.0/mlflow/traces/delete-traces", { experiment_id: "0", ...body });
    expect((await remove({ max_timestamp_millis: 915_148_800_000 })).answer).toEqual({ traces_deleted: 3 });
    expect((await remove({ request_ids: ["old-3", "old-4", "none"] })).answer).toEqual({ traces_deleted: 2 });
    expect((await remove({})).status).toBe(400);
    expect((await remove({ request_ids: ["a"], max_timestamp_millis: 1 })).status).toBe(400);
  });
});

describe("assessments", () => {
  test("are made, changed in what a mask names, replaced and removed", async () => {
    const traceId = `tr-${newId()}`;
    await call("POST", "3.0/mlflow/traces", info(traceId));
    const path = `3.0/mlflow/traces/${traceId}/assessments`;
    const assessment = {
      assessment_name: "a",
      feedback: { value: "yes" },
      rationale: "r",
      metadata: { x: "1" },
    };
    type One = { assessment: { assessment_id: string } };
    const created = (await call("POST", path, { assessment })).answer as unknown as One;
    const id = created.assessment.assessment_id;
    const changed = await call("PATCH", `${path}/${id}`, {
      assessment: { feedback: { value: 5 }, rationale: "ignored", metadata: { y: "2" } },
      update_mask: "feedback,metadata",
    });
    expect(changed.answer).toMatchObject({
      assessment: { feedback: { value: 5 }, rationale: "r", metadata: { x: "1", y: "2" }, valid: true },
    });
    const other = { assessment: { expectation: { value: 1 } }, update_mask: "expectation" };
    expect((await call("PATCH", `${path}/${id}`, other)).status).toBe(400);
    expect((await call("PATCH", `${path}/${id}`, { ...other, update_mask: "traceId" })).status).toBe(400);
    const overriding = { assessment: { ...assessment, overrides: id } };
    expect((await call("POST", path, overriding)).status).toBe(200);
    expect((await call("GET", `${path}/${id}`)).answer).toMatchObject({ assessment: { valid: false } });
    expect((await call("POST", path, { assessment: { ...assessment, overrides: "none" } })).status).toBe(404);
    expect((await call("DELETE", `${path}/${id}`)).answer).toEqual({});
    expect((await call("GET", `${path}/${id}`)).status).toBe(404);
    expect((await call("POST", "3.0/mlflow/traces/none/assessments", { assessment })).status).toBe(404);
  });
});

describe("traces in the words of MLflow 2", () => {
  test("are begun, ended, found and read, with their spans as an artifact", async () => {
    const pairs = [{ key: "k", value: "v" }];
    const begun = await call("POST", "2.0/mlflow/traces", {
      experiment_id: "0",
      timestamp_ms: 5,
      tags: pairs,
    });
    type Info = { trace_info: { request_id: string } };
    const { request_id: id } = (begun.answer as unknown as Info).trace_info;
    expect(begun.answer).toMatchObject({ trace_info: { status: "IN_PROGRESS", timestamp_ms: 5 } });
    const end = { timestamp_ms: 12, status: "ERROR", request_metadata: pairs, tags: [] };
    expect((await call("PATCH", `2.0/mlflow/traces/${id}`, end)).answer).toMatchObject({
      trace_info: { execution_time_ms: 7, status: "ERROR", request_metadata: pairs },
    });
    const found = await call(
      "GET",
      "2.0/mlflow/traces?experiment_ids=0&filter=status%20%3D%20%27ERROR%27&max_results=5",
    );
    expect(found.answer).toMatchObject({ traces: [{ request_id: id }] });
    expect((await call("GET", `2.0/mlflow/traces/${id}/info`)).answer).toMatchObject({
      trace_info: { request_id: id },
    });
    const file = () => call("GET", `2.0/mlflow/get-trace-artifact?request_id=${id}`);
    expect((await file()).status).toBe(404);
    await service.app.inject({
      method: "PUT",
      url: `/api/2.0/mlflow-artifacts/artifacts/0/traces/${id}/artifacts/traces.json`,
      headers: { authorization },
      payload: '{"spans":[]}',
    });
    expect((await file()).answer).toEqual({ spans: [] });
    for (const path of ["..%2f..%2fx", "a/b", "/etc/passwd"]) {
      expect((await call("GET", `2.0/mlflow/get-trace-artifact?request_id=${id}&path=${path}`)).status).toBe(
        400,
      );
    }
  });

  test("with spans of OpenTelemetry come as the same file, and no digit is lost", async () => {
    const traceId = newId();
    const attributes = [{ key: "big", value: { intValue: "9007199254740993" } }];
    await send(protobufRequest([sketch(traceId, { attributes })]));
    const { text } = await call("GET", `3.0/mlflow/get-trace-artifact?request_id=tr-${traceId}`);
    expect(text).toContain('"start_time_unix_nano":1700000000123456789');
    expect(text).toContain('"big":"9007199254740993"');
  });
});
