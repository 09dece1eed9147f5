import { afterAll, beforeAll, expect, test } from "vitest";
import { draftTraces } from "../../runtime/src/domain/trace-draft.ts";
import { protobufType, readExportRequest } from "../../runtime/src/http/otlp/otlp-request.ts";
import { createTrackingStore } from "../../runtime/src/store/tracking-store.ts";
import { protobufRequest } from "../../runtime/testing/otlp.ts";
import { openPostgresDatabase, type PostgresDatabase } from "../support/postgres-database.ts";

let opened: PostgresDatabase;
beforeAll(async () => {
  opened = await openPostgresDatabase(8);
});
afterAll(() => opened.close());

const limits = { spanLimit: 1_000, attributeLimit: 10, eventLimit: 10 };
const hex = (number: number, digits: number) => number.toString(16).padStart(digits, "0");

function drafts(spans: readonly { readonly trace: number; readonly span: number }[]) {
  const sketches = spans.map(({ trace, span }) => ({
    traceId: hex(trace, 32),
    spanId: hex(span, 16),
    ...(span === 1 ? {} : { parentSpanId: hex(1, 16) }),
    name: `span ${span}`,
    startTimeUnixNano: `${1_000 + span}000000`,
    endTimeUnixNano: `${2_000 + span}000000`,
    attributes: [{ key: "mlflow.traceTag.k", value: { stringValue: String(span) } }],
  }));
  return draftTraces(readExportRequest(protobufRequest(sketches), protobufType, limits));
}

test("spans that many senders bring of the same traces at once are all kept, and nothing locks up", async () => {
  const { traces } = createTrackingStore(opened.db);
  const all = Array.from({ length: 10 }, (_, at) => at + 1);
  const requests = Array.from({ length: 40 }, (_, at) => {
    const order = at % 2 === 0 ? all : all.toReversed();
    return drafts(order.map((trace) => ({ trace, span: at + 1 })));
  });
  const claim = {
    experimentId: 0,
    requestTime: 5,
    executionDuration: 6,
    state: "OK",
    clientRequestId: null,
    requestPreview: null,
    responsePreview: null,
    tags: { said: "yes" },
    metadata: { m: "n" },
    assessments: [],
  } as const;
  await Promise.all([
    ...requests.map((request) => traces.receive(0, request, 1_000)),
    ...all.toReversed().map((trace) => traces.start({ ...claim, traceId: `tr-${hex(trace, 32)}` })),
    ...all.map((trace) => traces.link("none", [`tr-${hex(trace, 32)}`]).catch(() => undefined)),
  ]);
  const ids = all.map((trace) => `tr-${hex(trace, 32)}`);
  const spans = await traces.spans(ids, 10_000_000);
  expect(ids.map((id) => spans.get(id)?.count)).toEqual(ids.map(() => 40));
  for (const trace of await traces.list(ids)) {
    expect(trace).toMatchObject({ request_time: 5, execution_duration: 6, state: "OK", span_count: 40 });
    expect(trace.tags).toMatchObject({ said: "yes", "mlflow.trace.spansLocation": "TRACKING_STORE" });
  }
  const search = {
    filter: "span.name = 'span 7' AND tags.said = 'yes'",
    orderBy: [],
    limit: 100,
    pageToken: undefined,
  };
  expect((await traces.search([0], search)).items).toHaveLength(10);
  const doomed = { experimentId: 0, maxTime: 5, maxTraces: undefined, ids: [] };
  expect(
    await Promise.all([1, 2, 3].map(() => traces.delete(doomed, 100, "me"))).then((each) =>
      each.reduce((a, b) => a + b),
    ),
  ).toBe(10);
});
