import protobuf from "protobufjs/light.js";

const string = (id: number) => ({ type: "string", id });
const bytes = (id: number) => ({ type: "bytes", id });
const time = (id: number) => ({ type: "fixed64", id });
const enumeration = (id: number) => ({ type: "int32", id });
const message = (type: string, id: number) => ({ type, id });
const many = (type: string, id: number) => ({ rule: "repeated", type, id });

const values = {
  stringValue: string(1),
  boolValue: { type: "bool", id: 2 },
  intValue: { type: "int64", id: 3 },
  doubleValue: { type: "double", id: 4 },
  arrayValue: message("ArrayValue", 5),
  kvlistValue: message("KeyValueList", 6),
  bytesValue: bytes(7),
};

/**
 * The part of OTLP's messages that we keep. Field numbers are from the OpenTelemetry protocol:
 * collector/trace/v1/trace_service.proto, trace/v1/trace.proto, resource/v1/resource.proto, common/v1/common.proto.
 */
const schema: protobuf.INamespace = {
  nested: {
    AnyValue: {
      // Only a member of a choice is told from one that was not sent when it is 0, false or empty.
      oneofs: { value: { oneof: Object.keys(values) } },
      fields: values,
    },
    ArrayValue: { fields: { values: many("AnyValue", 1) } },
    KeyValueList: { fields: { values: many("KeyValue", 1) } },
    KeyValue: { fields: { key: string(1), value: message("AnyValue", 2) } },
    Resource: { fields: { attributes: many("KeyValue", 1) } },
    Event: { fields: { timeUnixNano: time(1), name: string(2), attributes: many("KeyValue", 3) } },
    Link: { fields: { traceId: bytes(1), spanId: bytes(2), attributes: many("KeyValue", 4) } },
    Status: { fields: { message: string(2), code: enumeration(3) } },
    Span: {
      fields: {
        traceId: bytes(1),
        spanId: bytes(2),
        traceState: string(3),
        parentSpanId: bytes(4),
        name: string(5),
        kind: enumeration(6),
        startTimeUnixNano: time(7),
        endTimeUnixNano: time(8),
        attributes: many("KeyValue", 9),
        events: many("Event", 11),
        links: many("Link", 13),
        status: message("Status", 15),
      },
    },
    ScopeSpans: { fields: { spans: many("Span", 2) } },
    ResourceSpans: { fields: { resource: message("Resource", 1), scopeSpans: many("ScopeSpans", 2) } },
    ExportRequest: { fields: { resourceSpans: many("ResourceSpans", 1) } },
    PartialSuccess: { fields: { rejectedSpans: { type: "int64", id: 1 }, errorMessage: string(2) } },
    ExportResponse: { fields: { partialSuccess: message("PartialSuccess", 1) } },
  },
};

const root = protobuf.Root.fromJSON(schema);
root.resolveAll();

export const exportRequest = root.lookupType("ExportRequest");
export const exportResponse = root.lookupType("ExportResponse");

/** Wire type of a field with a length, by which messages and texts are written. */
const lengthDelimited = 2;
const depthLimit = 100;

/**
 * Whether a body holds more messages than that, found without making any of them: two bytes are enough for a message,
 * which as an object takes a hundred. Throws on what is no protobuf or is nested too deep.
 */
export function holdsMoreMessages(body: Uint8Array, limit: number): boolean {
  const reader = protobuf.Reader.create(body);
  let count = 0;
  const walk = (type: protobuf.Type, end: number, depth: number): boolean => {
    if (depth > depthLimit) throw new RangeError("nested too deep");
    while (reader.pos < end) {
      const tag = reader.uint32();
      const inner = type.fieldsById[tag >>> 3]?.resolvedType;
      if ((tag & 7) !== lengthDelimited || !(inner instanceof protobuf.Type)) {
        reader.skipType(tag & 7);
        continue;
      }
      count += 1;
      if (count > limit) return true;
      const length = reader.uint32();
      if (length > end - reader.pos) throw new RangeError("cut short");
      if (walk(inner, reader.pos + length, depth + 1)) return true;
    }
    return false;
  };
  return walk(exportRequest, body.length, 0);
}
