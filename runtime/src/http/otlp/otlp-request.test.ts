import fc from "fast-check";
import { expect, test } from "vitest";
import { jsonRequest, protobufRequest } from "../../../testing/otlp.ts";
import { Problem } from "../../domain/problem.ts";
import { plainValue } from "../../domain/span.ts";
import { jsonType, protobufType, readExportRequest } from "./otlp-request.ts";

const limits = { spanLimit: 5, attributeLimit: 4, eventLimit: 3 };
const ids = { traceId: "0123456789abcdef0123456789abcdef", spanId: "00000000000000ff" };

/** What a call throws, which must be a problem that its caller may read. */
function refusal(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    if (error instanceof Problem && error.status < 500) return error.message;
    throw error;
  }
  throw new Error("was not refused");
}

const hex = (digits: number) => fc.stringMatching(new RegExp(`^[0-9a-f]{${digits - 1}}[1-9a-f]$`));
const time = fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }).map(String);
const text = fc.string({ unit: "grapheme", maxLength: 20 });
const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    text.map((stringValue) => ({ stringValue })),
    fc.boolean().map((boolValue) => ({ boolValue })),
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map((given) => ({ intValue: String(given) })),
    fc
      .double({ noNaN: true, noDefaultInfinity: true })
      // JSON has no negative zero.
      .map((given) => ({ doubleValue: given + 0 })),
    fc.uint8Array({ maxLength: 8 }).map((given) => ({ bytesValue: Buffer.from(given).toString("base64") })),
    fc.array(tie("value"), { maxLength: 3 }).map((values) => ({ arrayValue: { values } })),
    fc
      .array(fc.record({ key: text, value: tie("value") }), { maxLength: 3 })
      .map((values) => ({ kvlistValue: { values } })),
    fc.constant({}),
  ),
}));
const span = fc.record(
  {
    traceId: hex(32),
    spanId: hex(16),
    parentSpanId: hex(16),
    name: text,
    startTimeUnixNano: time,
    endTimeUnixNano: time,
    attributes: fc.array(fc.record({ key: text, value: value as fc.Arbitrary<object> }), { maxLength: 4 }),
    status: fc.record({ code: fc.nat(2), message: text }),
  },
  { requiredKeys: ["traceId", "spanId"] },
);

test("both encodings of a request say the same, and no digit is lost", () => {
  fc.assert(
    fc.property(fc.array(span, { minLength: 1, maxLength: 5 }), (spans) => {
      const fromJson = readExportRequest(Buffer.from(jsonRequest(spans)), jsonType, limits);
      expect(readExportRequest(protobufRequest(spans), protobufType, limits)).toEqual(fromJson);
      for (const [at, { span: read }] of fromJson.entries()) {
        const sent = spans[at];
        expect(read.start_time_unix_nano).toBe(BigInt(sent?.startTimeUnixNano ?? 0));
        expect(Buffer.from(read.span_id, "base64").toString("hex")).toBe(sent?.spanId);
        expect(read.parent_span_id === undefined).toBe(sent?.parentSpanId === undefined);
      }
    }),
  );
});

test("values that are 0, false or empty are values, and none is none", () => {
  const values = [{ intValue: "0" }, { boolValue: false }, { stringValue: "" }, { doubleValue: 0 }, {}];
  const attributes = [{ key: "k", value: { arrayValue: { values } } }];
  for (const [body, type] of [
    [protobufRequest([{ ...ids, attributes }]), protobufType],
    [Buffer.from(jsonRequest([{ ...ids, attributes }])), jsonType],
  ] as const) {
    const [received] = readExportRequest(body, type, limits);
    expect(received?.span.attributes.map((each) => plainValue(each.value))).toEqual([
      [0n, false, "", 0, null],
      `tr-${ids.traceId}`,
    ]);
  }
});

test("text that the database cannot hold is mended, and a sender has no say in the trace's name", () => {
  const attributes = [
    { key: "a\0b", value: { stringValue: "x\0" } },
    { key: "mlflow.traceRequestId", value: { stringValue: "tr-of-somebody-else" } },
  ];
  const [received] = readExportRequest(protobufRequest([{ ...ids, attributes }]), protobufType, limits);
  expect(received?.span.attributes).toEqual([
    { key: "a\ufffdb", value: { string_value: "x\ufffd" } },
    { key: "mlflow.traceRequestId", value: { string_value: `tr-${ids.traceId}` } },
  ]);
});

test("bytes that are no request are refused, whatever they are", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.constantFrom(protobufType, jsonType), (bytes, type) => {
      try {
        readExportRequest(Buffer.from(bytes), type, limits);
      } catch (error) {
        expect(error).toBeInstanceOf(Problem);
      }
    }),
    { numRuns: 1_000 },
  );
  fc.assert(
    fc.property(fc.jsonValue(), (json) => {
      const body = Buffer.from(JSON.stringify({ resourceSpans: json }));
      try {
        readExportRequest(body, jsonType, limits);
      } catch (error) {
        expect(error).toBeInstanceOf(Problem);
      }
    }),
    { numRuns: 1_000 },
  );
});

test("a request over a limit is refused with the limit", () => {
  const read = (spans: readonly unknown[], type = jsonType) =>
    refusal(() => readExportRequest(Buffer.from(jsonRequest(spans)), type, limits));
  const attributes = Array.from({ length: 5 }, () => ({ key: "k", value: {} }));
  expect(read(Array.from({ length: 6 }, () => ids))).toMatch("may bring 5 spans");
  expect(read([{ ...ids, attributes }])).toMatch("'attributes' may have 4 elements; these are 5");
  expect(read([{ ...ids, events: [{}, {}, {}, {}] }])).toMatch("'events' may have 3 elements");
  expect(read([{ ...ids, traceId: "00" }])).toMatch("16 bytes that are not all zero");
  expect(read([{ ...ids, traceId: "zz".repeat(16) }])).toMatch("hexadecimal digits");
  expect(read([{ ...ids, startTimeUnixNano: "-1" }])).toMatch("nanoseconds since 1970");
  expect(read([])).toMatch("brings no spans");
  let deep: object = { stringValue: "x" };
  for (let level = 0; level < 31; level += 1) deep = { arrayValue: { values: [deep] } };
  expect(read([{ ...ids, attributes: [{ key: "k", value: deep }] }])).toMatch("30 levels deep");
});

test("two bytes that would become an object are counted before they do", () => {
  const started = Date.now();
  // Nested lengths are written as padded varints, which is allowed: one resource, one scope, millions of empty spans.
  const empty = Buffer.alloc(16_000_000, Buffer.from([0x12, 0x00]));
  const wrap = (tag: number, inner: Buffer) => {
    const length = Buffer.from(
      [0, 7, 14, 21].map((shift, at) => ((inner.length >>> shift) & 0x7f) | (at < 3 ? 0x80 : 0)),
    );
    return Buffer.concat([Buffer.from([tag]), length, inner]);
  };
  const bomb = wrap(0x0a, wrap(0x12, empty));
  expect(refusal(() => readExportRequest(bomb, protobufType, limits))).toMatch("1000000 messages");
  const objects = Buffer.from(`{"resourceSpans":[${"{},".repeat(5_000_000)}{}]}`);
  expect(refusal(() => readExportRequest(objects, jsonType, limits))).toMatch("1000000 messages");
  const nested = wrap(0x0a, Buffer.alloc(1_000_000, Buffer.from([0x12, 0x80, 0x80, 0x40])));
  expect(refusal(() => readExportRequest(nested, protobufType, limits))).toMatch("cut short");
  expect(refusal(() => readExportRequest(Buffer.alloc(8_000_000, "["), jsonType, limits))).toMatch(
    "levels deep",
  );
  expect(Date.now() - started).toBeLessThan(10_000);
});
