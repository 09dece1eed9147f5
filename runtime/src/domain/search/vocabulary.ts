import { Problem } from "../problem.ts";
import {
  type Comparison,
  createReader,
  type Operator,
  parseFilter,
  readKey,
  type WrittenKey,
} from "./filter.ts";

/** What a key of a search may be about. */
export type Entity = "attribute" | "metric" | "param" | "tag" | "dataset";

/** The words that a search understands: its kinds of keys, and its attributes by every name that clients use. */
export interface Vocabulary {
  readonly entities: readonly Entity[];
  /** Attribute names, in any case, with the column behind each. */
  readonly attributes: Readonly<Record<string, Attribute>>;
}

interface Attribute {
  readonly column: string;
  readonly type: "text" | "number";
}

export interface Key {
  readonly on: Entity;
  /** An attribute's column, or the key of a metric, param or tag. */
  readonly key: string;
  readonly type: "text" | "number";
}

export interface Condition extends Key {
  readonly operator: Operator;
  readonly value: string | number | readonly string[] | null;
}

export interface Ordering extends Key {
  readonly descending: boolean;
}

const orderLimit = 20;
const entityNames: Readonly<Record<string, Entity>> = {
  attribute: "attribute",
  attributes: "attribute",
  attr: "attribute",
  run: "attribute",
  metric: "metric",
  metrics: "metric",
  param: "param",
  params: "param",
  parameter: "param",
  parameters: "param",
  tag: "tag",
  tags: "tag",
  dataset: "dataset",
  datasets: "dataset",
};
const datasetKeys = ["name", "digest", "context"];
const numeric: readonly Operator[] = ["=", "!=", "<", "<=", ">", ">="];
const textual: readonly Operator[] = ["=", "!=", "LIKE", "ILIKE", "IN", "NOT IN"];
const optional: readonly Operator[] = [...textual, "IS NULL", "IS NOT NULL"];

/** A filter's conditions, every key known and every value of the right kind. */
export function readFilter(filter: string, vocabulary: Vocabulary): readonly Condition[] {
  return parseFilter(filter).map((comparison) => {
    const key = resolveKey(comparison, vocabulary);
    checkOperator(key, comparison);
    return { ...key, operator: comparison.operator, value: readValue(key, comparison) };
  });
}

/** `key`, `key ASC` or `key DESC`, an element each. */
export function readOrder(orderBy: readonly string[], vocabulary: Vocabulary): readonly Ordering[] {
  if (orderBy.length > orderLimit) {
    throw new Problem(
      "INVALID_REQUEST",
      `order_by may have ${orderLimit} elements; this one has ${orderBy.length}.`,
    );
  }
  return orderBy.map((text) => {
    const reader = createReader(text);
    const key = resolveKey(readKey(reader), vocabulary);
    if (key.on === "dataset")
      throw new Problem("INVALID_REQUEST", `Invalid order_by clause '${text.slice(0, 200)}'`);
    const descending = reader.takeKeyword("DESC");
    if (!descending) reader.takeKeyword("ASC");
    if (!reader.isAtEnd())
      throw new Problem("INVALID_REQUEST", `Invalid order_by clause '${text.slice(0, 200)}'`);
    return { ...key, descending };
  });
}

function resolveKey({ entity, key }: WrittenKey, vocabulary: Vocabulary): Key {
  const on = entity === null ? "attribute" : lookUp(entityNames, entity.toLowerCase());
  if (on === undefined || (on !== "attribute" && !vocabulary.entities.includes(on))) {
    const allowed = vocabulary.entities.join(", ");
    throw new Problem(
      "INVALID_REQUEST",
      `Invalid entity type '${(entity ?? "").slice(0, 200)}'. Valid values are: ${allowed}`,
    );
  }
  if (on === "attribute") return resolveAttribute(key, vocabulary);
  if (on === "dataset" && !datasetKeys.includes(key)) {
    throw new Problem(
      "INVALID_REQUEST",
      `Invalid dataset key '${key.slice(0, 200)}'. Valid keys are: ${datasetKeys.join(", ")}`,
    );
  }
  return { on, key, type: on === "metric" ? "number" : "text" };
}

function resolveAttribute(key: string, { attributes }: Vocabulary): Key {
  const attribute = lookUp(attributes, key.toLowerCase());
  if (attribute === undefined) {
    const allowed = Object.keys(attributes).join(", ");
    throw new Problem(
      "INVALID_REQUEST",
      `Invalid attribute key '${key.slice(0, 200)}' specified. Valid keys are: ${allowed}`,
    );
  }
  return { on: "attribute", key: attribute.column, type: attribute.type };
}

const lookUp = <T>(table: Readonly<Record<string, T>>, name: string): T | undefined =>
  Object.hasOwn(table, name) ? table[name] : undefined;

function checkOperator(key: Key, { operator, key: written }: Comparison): void {
  const optionalKey = key.on === "tag" || key.on === "param";
  const allowed = key.type === "number" ? numeric : optionalKey ? optional : textual;
  if (allowed.includes(operator)) return;
  throw new Problem(
    "INVALID_REQUEST",
    `Invalid comparator '${operator}' for ${key.on} '${written.slice(0, 200)}'. Valid ones are: ${allowed.join(", ")}`,
  );
}

function readValue(key: Key, { operand }: Comparison): Condition["value"] {
  if (operand.kind === "none") return null;
  if (operand.kind === "list") return operand.items;
  const written = operand.text.slice(0, 200);
  if (key.type === "text") {
    if (operand.kind === "text") return operand.text;
    throw new Problem(
      "INVALID_REQUEST",
      `Expected a quoted string value for ${key.on} (e.g. 'my-value'). Got value ${written}`,
    );
  }
  const value = Number(operand.text);
  const fits =
    operand.kind === "number" && (key.on === "metric" ? Number.isFinite(value) : Number.isSafeInteger(value));
  if (fits) return value;
  throw new Problem("INVALID_REQUEST", `Expected numeric value type for ${key.on}. Found "${written}"`);
}
