import { randomUUID } from "node:crypto";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openTestDatabase } from "../../testing/memory-database.ts";
import { Problem } from "../domain/problem.ts";
import type { Span } from "../domain/span.ts";
import { draftTraces } from "../domain/trace-draft.ts";
import type { Database } from "./database.ts";
import { createTrackingStore, type TrackingStore } from "./tracking-store.ts";

let db: Database;
let close: () => Promise<void>;
let store: TrackingStore;
beforeAll(async () => {
  ({ db, close } = await openTestDatabase());
  store = createTrackingStore(db, () => 5_000);
});
afterAll(() => close());

const unique = () => randomUUID().replaceAll("-", "");
const newExperiment = () => store.experiments.create(`e-${unique()}`, [], "");
const noLimit = 1_000_000;

interface Sketch extends Partial<Omit<Span, "span_id">> {
  readonly id: string;
  readonly parent?: string;
  /** Milliseconds. */
  readonly start: number;
  readonly end?: number;
}

function toSpan({ id, parent, start, end, ...rest }: Sketch): Span {
  const base64 = (hex: string) => Buffer.from(hex.padStart(16, "0"), "hex").toString("base64");
  return {
    trace_id: "",
    span_id: base64(id),
    ...(parent === undefined ? {} : { parent_span_id: base64(parent) }),
    name: `span ${id}`,
    kind: "SPAN_KIND_INTERNAL",
    start_time_unix_nano: BigInt(start) * 1_000_000n + 1n,
    end_time_unix_nano: BigInt(end ?? 0) * 1_000_000n,
    attributes: [],
    events: [],
    links: [],
    status: { code: "STATUS_CODE_UNSET" },
    ...rest,
  };
}

async function receive(experimentId: number, traceId: string, sketches: readonly Sketch[], limit = noLimit) {
  const received = sketches.map((sketch) => ({ traceId, span: toSpan(sketch), resource: [] }));
  return await store.traces.receive(experimentId, draftTraces(received), limit);
}

async function spansOf(traceId: string): Promise<readonly Span[]> {
  const spans = await store.traces.spans([`tr-${traceId}`], noLimit);
  return JSON.parse(spans.get(`tr-${traceId}`)?.spans ?? "[]") as Span[];
}

const claim = (experimentId: number, traceId: string, rest: object = {}) => ({
  traceId: `tr-${traceId}`,
  experimentId,
  requestTime: 7,
  executionDuration: 8,
  state: "OK" as const,
  clientRequestId: null,
  requestPreview: null,
  responsePreview: null,
  tags: {},
  metadata: {},
  assessments: [],
  ...rest,
});

const page = (pageToken?: string, limit = 100, filter = "", orderBy: readonly string[] = []) => ({
  filter,
  orderBy,
  limit,
  pageToken,
});

test("a trace is a few rows, though its spans come one by one", async () => {
  const experimentId = await newExperiment();
  const traceId = unique();
  for (let at = 0; at < 120; at += 1) {
    const parent = at === 119 ? {} : { parent: "fffff" };
    await receive(experimentId, traceId, [{ id: at.toString(16), start: at, end: at + 1, ...parent }]);
  }
  const { chunks } = await db
    .selectFrom("trace_spans")
    .select((eb) => eb.fn.countAll<number>().as("chunks"))
    .where("trace_id", "=", `tr-${traceId}`)
    .executeTakeFirstOrThrow();
  expect(Number(chunks)).toBeLessThan(3);
  const spans = await spansOf(traceId);
  expect(spans.map(({ name }) => name)).toEqual([
    "span 77",
    ...Array.from({ length: 119 }, (_, at) => `span ${at.toString(16)}`),
  ]);
  expect(await store.traces.get(`tr-${traceId}`)).toMatchObject({
    span_count: 120,
    request_time: 0,
    execution_duration: 120,
    state: "OK",
    tags: { "mlflow.traceName": "span 77", "mlflow.trace.spansLocation": "TRACKING_STORE" },
  });
}, 60_000);

test("in whatever order spans come, the trace is the same, and a span that comes again is there once", async () => {
  const sketches: readonly Sketch[] = [
    { id: "1", start: 10, end: 50, status: { code: "STATUS_CODE_ERROR" } },
    { id: "2", parent: "1", start: 5, end: 20 },
    { id: "3", parent: "1", start: 20, end: 90 },
    { id: "2", parent: "1", start: 5, end: 20 },
  ];
  const experimentId = await newExperiment();
  await fc.assert(
    fc.asyncProperty(fc.shuffledSubarray([0, 1, 2, 3], { minLength: 4 }), fc.nat(3), async (order, cut) => {
      const traceId = unique();
      const all = order.flatMap((at) => sketches[at] ?? []);
      for (const part of [all.slice(0, cut), all.slice(cut)]) {
        if (part.length > 0) await receive(experimentId, traceId, part);
      }
      expect(await store.traces.get(`tr-${traceId}`)).toMatchObject({
        request_time: 5,
        execution_duration: 85,
        state: "ERROR",
      });
      expect((await spansOf(traceId)).map(({ name }) => name)).toEqual(["span 1", "span 2", "span 3"]);
    }),
    { numRuns: 15 },
  );
});

test("what its maker says of a trace stands, whether spans come before or after", async () => {
  const experimentId = await newExperiment();
  for (const claimsFirst of [true, false]) {
    const traceId = unique();
    const say = () =>
      store.traces.start(
        claim(experimentId, traceId, {
          tags: { "mlflow.traceName": "said", "mlflow.trace.spansLocation": "x" },
        }),
      );
    const send = () => receive(experimentId, traceId, [{ id: "1", start: 100, end: 200 }]);
    await (claimsFirst ? say() : send());
    await (claimsFirst ? send() : say());
    const trace = await store.traces.get(`tr-${traceId}`);
    expect(trace).toMatchObject({ request_time: 7, execution_duration: 8, state: "OK", span_count: 1 });
    expect(trace.tags).toMatchObject({
      "mlflow.traceName": "said",
      "mlflow.trace.spansLocation": "TRACKING_STORE",
      "mlflow.artifactLocation": `mlflow-artifacts:/${experimentId}/traces/tr-${traceId}/artifacts`,
    });
  }
});

test("a trace takes spans up to its limit and says how many it dropped", async () => {
  const experimentId = await newExperiment();
  const traceId = unique();
  const three = ["1", "2", "3"].map((id) => ({ id, start: 1, end: 2 }));
  expect(await receive(experimentId, traceId, three, 5)).toBe(0);
  expect(
    await receive(
      experimentId,
      traceId,
      three.map((each) => ({ ...each, id: `${each.id}0` })),
      5,
    ),
  ).toBe(1);
  expect(await receive(experimentId, traceId, [{ id: "99", start: 1 }], 5)).toBe(1);
  expect(await spansOf(traceId)).toHaveLength(5);
  expect(await store.traces.get(`tr-${traceId}`)).toMatchObject({ span_count: 5 });
  await expect(store.traces.spans([`tr-${traceId}`], 100)).rejects.toThrow("an answer may have 100");
});

test("a trace of one experiment is not taken over by another one", async () => {
  const [first, second] = [await newExperiment(), await newExperiment()];
  const traceId = unique();
  await store.traces.start(claim(first, traceId));
  await expect(store.traces.start(claim(second, traceId))).rejects.toMatchObject({ code: "ALREADY_EXISTS" });
  expect(await store.traces.get(`tr-${traceId}`)).toMatchObject({ experiment_id: first });
});

test("pages hold every trace once, newest first, however many began in one millisecond", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.nat(3), { minLength: 1, maxLength: 12 }),
      fc.integer({ min: 1, max: 5 }),
      fc.constantFrom([], ["timestamp_ms DESC"]),
      async (times, limit, orderBy) => {
        const experimentId = await newExperiment();
        const ids = times.map((time) => ({ time, id: unique() }));
        for (const { time, id } of ids)
          await receive(experimentId, id, [{ id: "1", start: time, end: time }]);
        const seen: string[] = [];
        let token: string | undefined;
        do {
          const found = await store.traces.search([experimentId], page(token, limit, "", orderBy));
          expect(found.items.length).toBeLessThanOrEqual(limit);
          seen.push(...found.items.map((trace) => trace.trace_id));
          token = found.next ?? undefined;
        } while (token !== undefined);
        const expected = ids
          .sort((a, b) => b.time - a.time || (a.id < b.id ? -1 : 1))
          .map(({ id }) => `tr-${id}`);
        expect(seen).toEqual(expected);
      },
    ),
    { numRuns: 15 },
  );
});

test("a search finds traces by tags, metadata, times, spans, their attributes and feedback", async () => {
  const experimentId = await newExperiment();
  const [one, two] = [unique(), unique()];
  const attribute = (key: string, string_value: string) => ({ key, value: { string_value } });
  await receive(experimentId, one, [
    { id: "1", start: 100, end: 200, name: "root" },
    {
      id: "2",
      parent: "1",
      start: 100,
      end: 150,
      name: "call",
      attributes: [attribute("mlflow.spanType", "LLM"), attribute("a.b", "grüße")],
    },
  ]);
  await receive(experimentId, two, [{ id: "1", start: 300, end: 400, name: "other" }]);
  await store.traces.setTag(`tr-${one}`, "k", "x".repeat(300));
  const found = async (filter: string, orderBy: readonly string[] = []) =>
    (await store.traces.search([experimentId], page(undefined, 100, filter, orderBy))).items.map(
      ({ trace_id }) => (trace_id === `tr-${one}` ? 1 : 2),
    );
  const value = {
    valid: true,
    createTime: undefined,
    lastUpdateTime: undefined,
    overrides: undefined,
    body: {},
  };
  await store.traces.assessments.create(`tr-${one}`, {
    ...value,
    id: undefined,
    kind: "feedback",
    name: "score",
    value: 0.5,
  });
  await store.traces.assessments.create(`tr-${one}`, {
    ...value,
    id: undefined,
    kind: "feedback",
    name: "word",
    value: "good",
  });
  await store.traces.assessments.create(`tr-${one}`, {
    ...value,
    id: undefined,
    kind: "expectation",
    name: "flag",
    value: true,
  });
  for (const filter of [
    `tags.k = '${"x".repeat(300)}'`,
    "name = 'root'",
    "trace.name LIKE 'r%'",
    "timestamp_ms < 300 AND end_time_ms >= 200",
    "execution_time_ms = 100 AND timestamp = 100",
    "span.name = 'call' AND span.type = 'LLM' AND span.status != 'ERROR'",
    "span.type IN ('LLM', 'TOOL')",
    "span.attributes.a.b = 'grüße'",
    "span.attributes.`a.b` LIKE 'gr%' AND span.name = 'call'",
    "span.content ILIKE '%GRÜ%'",
    "text LIKE '%grüße%'",
    "feedback.score >= 0.5 AND feedback.score < 1",
    "feedback.word = 'good'",
    "expectation.flag = 'true'",
    "feedback.score IS NOT NULL",
  ]) {
    expect([filter, await found(filter)]).toEqual([filter, [1]]);
  }
  expect(await found("feedback.score IS NULL")).toEqual([2]);
  expect(await found("tags.k IS NULL AND state = 'OK'")).toEqual([2]);
  expect(await found("span.name = 'root' AND span.type = 'LLM'")).toEqual([]);
  expect(await found("feedback.word > 1")).toEqual([]);
  expect(await found("", ["execution_time_ms", "name ASC"])).toEqual([2, 1]);
  expect(await found("", ["tags.k", "timestamp_ms"])).toEqual([1, 2]);
  for (const wrong of [
    "span.bogus = 'x'",
    "span.content = 'x'",
    "span.name > 1",
    "metrics.a > 1",
    "text = 'x'",
    "feedback.a < 'x'",
  ]) {
    await expect(found(wrong)).rejects.toBeInstanceOf(Problem);
  }
});

test("traces are deleted with all that belongs to them, oldest first, and it is told", async () => {
  const experimentId = await newExperiment();
  const ids = [unique(), unique(), unique(), unique()];
  for (const [at, id] of ids.entries())
    await receive(experimentId, id, [{ id: "1", start: 1_000 + at, end: 2_000 }]);
  const folder = `${experimentId}/traces/tr-${ids[0]}/artifacts`;
  const artifact = { digest: "d".repeat(64), size: 1, created_at: 1 };
  await db
    .insertInto("artifacts")
    .values([`${folder}/traces.json`, `${folder}0`].map((path) => ({ path, ...artifact })))
    .execute();
  const selection = { experimentId, maxTime: 1_002, maxTraces: undefined, ids: [] };
  expect(await store.traces.delete({ ...selection, maxTraces: 1 }, 10, "me")).toBe(1);
  expect(await db.selectFrom("artifacts").select("path").execute()).toEqual([{ path: `${folder}0` }]);
  expect(await store.traces.delete(selection, 1, "me")).toBe(1);
  expect(await store.traces.delete(selection, 10, "me")).toBe(1);
  expect((await store.traces.search([experimentId], page())).items.map((trace) => trace.trace_id)).toEqual([
    `tr-${ids[3]}`,
  ]);
  const byId = { experimentId, maxTime: undefined, maxTraces: undefined, ids: [`tr-${ids[3]}`] };
  expect(await store.traces.delete({ ...byId, experimentId: 0 }, 10, "me")).toBe(0);
  expect(await store.traces.delete(byId, 10, "me")).toBe(1);
  for (const wrong of [
    { ...byId, ids: [] },
    { ...byId, maxTime: 1 },
    { ...byId, maxTraces: 1 },
    { ...selection, maxTraces: 0 },
  ]) {
    await expect(async () => store.traces.delete(wrong, 10, "me")).rejects.toMatchObject({
      code: "INVALID_REQUEST",
    });
  }
  const told = await db
    .selectFrom("events")
    .select(["data", "actor"])
    .where("subject", "=", String(experimentId))
    .execute();
  expect(told).toHaveLength(4);
  expect(told[0]).toMatchObject({ actor: "me", data: { traces: 1 } });
});

test("traces past their time go, a bounded number at once", async () => {
  const experimentId = await newExperiment();
  for (const at of [0, 1, 2, 3]) await receive(experimentId, unique(), [{ id: "1", start: at + 1, end: 9 }]);
  expect(await store.traces.deleteOlder(3, 1)).toBe(1);
  await store.traces.deleteOlder(3, 1_000);
  const left = (await store.traces.search([experimentId], page())).items;
  expect(left.map((trace) => trace.request_time)).toEqual([4, 3]);
});
