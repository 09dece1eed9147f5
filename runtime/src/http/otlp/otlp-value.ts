import { Problem } from "../../domain/problem.ts";
import type { AnyValue, Attribute } from "../../domain/span.ts";
import type { ScalarReader } from "./otlp-scalar.ts";

/** Levels of lists and maps in the value of an attribute, so that every client can read it back. */
const valueDepth = 30;

/** Reads attributes, whose values may hold further ones. */
export function createValueReader(scalar: ScalarReader) {
  const { list, field } = scalar;

  function readValue(given: unknown, depth: number): AnyValue {
    if (depth > valueDepth) {
      throw new Problem(
        "INVALID_REQUEST",
        `The value of an attribute may be nested ${valueDepth} levels deep.`,
      );
    }
    const has = (name: string) => field(given, name) !== undefined;
    if (has("stringValue")) return { string_value: scalar.text(given, "stringValue") };
    if (has("boolValue")) return { bool_value: field(given, "boolValue") === true };
    if (has("intValue")) return { int_value: scalar.integer(given, "intValue") };
    if (has("doubleValue")) return { double_value: scalar.double(given, "doubleValue") };
    if (has("bytesValue")) return { bytes_value: scalar.bytes(given, "bytesValue") };
    if (has("arrayValue")) {
      const values = list(field(given, "arrayValue"), "values");
      return { array_value: { values: values.map((value) => readValue(value, depth + 1)) } };
    }
    if (!has("kvlistValue")) return {};
    const values = list(field(given, "kvlistValue"), "values");
    return { kvlist_value: { values: values.map((value) => readAttribute(value, depth + 1)) } };
  }

  const readAttribute = (given: unknown, depth: number): Attribute => ({
    key: scalar.text(given, "key"),
    value: readValue(field(given, "value"), depth),
  });

  return { readAttribute };
}
