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
export type Entity =
  | "attribute"
  | "metric"
  | "param"
  | "tag"
  | "dataset"
  | "metadata"
  | "span"
  | "feedback"
  | "expectation";

/** The words that a search understands: its kinds of keys, and its attributes by every name that clients use. */
export interface Vocabulary {
  readonly entities: readonly Entity[];
  /** Attribute names, in any case, with the column behind each. */
  readonly attributes: Readonly<Record<string, Attribute>>;
}

/** A column, or the key of something else for which the attribute is a short name. */
type Attribute = { readonly column: string; readonly type: "text" | "number" } | Key;

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
  trace: "attribute",
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
  metadata: "metadata",
  request_metadata: "metadata",
  span: "span",
  feedback: "feedback",
  expectation: "expectation",
};
/** What an order can be asked for by. */
const sortable: readonly Entity[] = ["attribute", "metric", "param", "tag", "metadata"];
const datasetKeys = ["name", "digest", "context"];
const spanKeys = ["name", "type", "status", "content"];
/** Followed by the key of an attribute of a span. */
const spanAttribute = "attributes.";
const numeric: readonly Operator[] = ["=", "!=", "<", "<=", ">", ">="];
const textual: readonly Operator[] = ["=", "!=", "LIKE", "ILIKE", "IN", "NOT IN"];
const optional: readonly Operator[] = [...textual, "IS NULL", "IS NOT NULL"];
const ranged: readonly Operator[] = ["<", "<=", ">", ">="];
const searched: readonly Operator[] = ["LIKE", "ILIKE"];

/** A filter's conditions, every key known and every value of the right kind. */
export function readFilter(filter: string, vocabulary: Vocabulary): readonly Condition[] {
  return parseFilter(filter).map((comparison) => {
    const key = resolveKey(comparison, vocabulary);
    checkOperator(key, comparison);
    // Feedback and expectations hold numbers and texts; which are meant is said by how they are compared.
    const isRange = key.on !== "attribute" && ranged.includes(comparison.operator);
    const typed = isRange ? { ...key, type: "number" as const } : key;
    return { ...typed, operator: comparison.operator, value: readValue(typed, comparison) };
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
    if (!sortable.includes(key.on))
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
  if (on === "dataset" && !datasetKeys.includes(key)) throw invalidKey(on, key, datasetKeys);
  if (on === "span" && !isSpanKey(key)) throw invalidKey(on, key, [...spanKeys, `${spanAttribute}<key>`]);
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
  return "on" in attribute ? attribute : { on: "attribute", key: attribute.column, type: attribute.type };
}

const invalidKey = (on: Entity, key: string, valid: readonly string[]) =>
  new Problem(
    "INVALID_REQUEST",
    `Invalid ${on} key '${key.slice(0, 200)}'. Valid keys are: ${valid.join(", ")}`,
  );

const isSpanKey = (key: string): boolean =>
  spanKeys.includes(key) || (key.startsWith(spanAttribute) && key.length > spanAttribute.length);

const lookUp = <T>(table: Readonly<Record<string, T>>, name: string): T | undefined =>
  Object.hasOwn(table, name) ? table[name] : undefined;

function checkOperator(key: Key, { operator, key: written }: Comparison): void {
  const allowed = operatorsOf(key);
  if (allowed.includes(operator)) return;
  throw new Problem(
    "INVALID_REQUEST",
    `Invalid comparator '${operator}' for ${key.on} '${written.slice(0, 200)}'. Valid ones are: ${allowed.join(", ")}`,
  );
}

function operatorsOf(key: Key): readonly Operator[] {
  if (key.type === "number") return numeric;
  if (key.on === "feedback" || key.on === "expectation") return [...optional, ...ranged];
  if (key.on === "span" && key.key === "content") return searched;
  return key.on === "tag" || key.on === "param" || key.on === "metadata" ? optional : textual;
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
    operand.kind === "number" &&
    (key.on === "attribute" ? Number.isSafeInteger(value) : Number.isFinite(value));
  if (fits) return value;
  throw new Problem("INVALID_REQUEST", `Expected numeric value type for ${key.on}. Found "${written}"`);
}
