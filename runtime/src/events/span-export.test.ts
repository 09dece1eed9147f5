import { type Settings, settings as schema } from "@bedplate/contract";
import { afterEach, expect, test } from "vitest";
import { openReceiver, type Receiver } from "../../testing/receiver.ts";
import { readExportRequest } from "../http/otlp/otlp-request.ts";
import { createTracer } from "../inference/tracer.ts";
import { createMetrics } from "../ops/metrics.ts";
import { openSpanExport } from "./span-export.ts";

const open: Receiver[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

const limits = { spanLimit: 1_000, attributeLimit: 100, eventLimit: 1_000 };
const [traceId, callerSpan] = ["4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"];
const headerOf = (value: string | undefined) => (name: string) =>
  name === "traceparent" ? value : undefined;

type Tracing = Settings["tracing"];

async function setUp(changes: Partial<Tracing> = {}, status = () => 200) {
  const receiver = await openReceiver((_, reply) => {
    reply.statusCode = status();
    reply.end("{}");
  });
  open.push(receiver);
  const tracing = { ...schema.shape.tracing.parse({}), url: receiver.url, ...changes };
  const metrics = createMetrics();
  const log = { warn: () => {} };
  const spans = openSpanExport({ settings: { tracing, stack: "s", release: "1.2.3" }, metrics, log });
  if (spans === null) throw new Error("it is off");
  const countOf = async (name: "spansSentTotal" | "spansLostTotal") =>
    (await metrics[name].get()).values.reduce((sum, { value }) => sum + value, 0);
  const read = () =>
    receiver.received.flatMap(({ text }) => readExportRequest(Buffer.from(text), "application/json", limits));
  return { receiver, spans, tracer: createTracer(spans.add), countOf, read };
}

test("a batch is one span that links to the span of each of its requests, which stand below their callers' spans", async () => {
  const { spans, tracer, countOf, read, receiver } = await setUp({ experimentId: "7" });
  const requests = [1, 2].map(() => tracer.begin(headerOf(`00-${traceId}-${callerSpan}-01`)));
  const linked = requests.flatMap((one) => (one === undefined ? [] : [one]));
  tracer.batch(performance.now(), { model: "m", version: 3, rows: 5, requests: 4, linked, error: null });
  for (const span of linked) tracer.request(span, { model: "m", version: 3, rows: 1, error: null });
  await spans.close();
  const sent = read();
  expect(sent.map(({ span }) => span.name)).toEqual(["batch m", "predict m", "predict m"]);
  expect(sent.every((one) => one.traceId === traceId)).toBe(true);
  const [batch, ...own] = sent.map(({ span }) => span);
  expect(batch?.links.map(({ span_id }) => span_id)).toEqual(own.map(({ span_id }) => span_id));
  expect(batch?.parent_span_id).toBe(own[0]?.span_id);
  for (const { parent_span_id, kind, start_time_unix_nano, end_time_unix_nano } of own) {
    expect(Buffer.from(parent_span_id ?? "", "base64").toString("hex")).toBe(callerSpan);
    expect(kind).toBe("SPAN_KIND_SERVER");
    expect(end_time_unix_nano).toBeGreaterThanOrEqual(start_time_unix_nano);
  }
  expect(batch?.attributes).toContainEqual({ key: "bedplate.batch.requests", value: { int_value: 4n } });
  expect(receiver.received[0]?.headers["x-mlflow-experiment-id"]).toBe("7");
  expect(await countOf("spansSentTotal")).toBe(3);
});

test("a trace that its caller does not keep, or that is none, costs no span", async () => {
  const { tracer } = await setUp();
  for (const header of [undefined, `00-${traceId}-${callerSpan}-00`, "not one"]) {
    expect(tracer.begin(headerOf(header))).toBeUndefined();
  }
});

test("what a full queue cannot take is dropped and counted, and what could not be sent is tried again", async () => {
  let isAway = true;
  const { spans, countOf, read } = await setUp({ queueLimit: 3, batchSize: 2, intervalMs: 5 }, () =>
    isAway ? 503 : 200,
  );
  const span = (at: number) =>
    JSON.stringify({ traceId, spanId: `${at}`.padStart(16, "0"), name: "n", startTimeUnixNano: "1" });
  for (let at = 1; at <= 5; at++) spans.add(span(at));
  expect(await countOf("spansLostTotal")).toBe(2);
  await expect.poll(() => read().length, { timeout: 10_000 }).toBeGreaterThanOrEqual(2);
  expect(await countOf("spansSentTotal")).toBe(0);
  isAway = false;
  await expect.poll(() => countOf("spansSentTotal"), { timeout: 10_000 }).toBe(3);
  await spans.close();
  expect(await countOf("spansLostTotal")).toBe(2);
});

test("without a receiver nothing is made", () => {
  const tracing = schema.shape.tracing.parse({});
  const parts = {
    settings: { tracing, stack: "s", release: "1" },
    metrics: createMetrics(),
    log: { warn: () => {} },
  };
  expect(openSpanExport(parts)).toBeNull();
});
