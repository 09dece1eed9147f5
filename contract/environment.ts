import { z } from "zod";

interface Leaf {
  readonly path: readonly string[];
  /** The path in upper snake case. */
  readonly name: string;
  readonly type: LeafType;
}

type LeafType = "string" | "number" | "boolean" | "list";

const upperSnake = (path: readonly string[]) =>
  path.map((part) => part.replaceAll(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()).join("_");

/** Looks through defaults and optionals at the schema that decides the shape. */
function shapeOf(schema: z.core.$ZodType): z.core.$ZodType {
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault || schema instanceof z.ZodOptional) {
    return shapeOf(schema.def.innerType);
  }
  return schema;
}

/** Every value that a schema of nested objects can hold, by path; the branches of a union are laid over each other. */
export function leaves(schema: z.core.$ZodType, path: readonly string[] = []): Leaf[] {
  const shape = shapeOf(schema);
  if (shape instanceof z.ZodObject) {
    return Object.entries(shape.shape).flatMap(([key, child]) =>
      leaves(child as z.core.$ZodType, [...path, key]),
    );
  }
  if (shape instanceof z.ZodDiscriminatedUnion) {
    const all = shape.options.flatMap((option) => leaves(option, path));
    return [...new Map(all.map((leaf) => [leaf.name, leaf])).values()];
  }
  return [{ path, name: upperSnake(path), type: typeOf(shape) }];
}

function typeOf(shape: z.core.$ZodType): LeafType {
  if (shape instanceof z.ZodNumber) return "number";
  if (shape instanceof z.ZodBoolean) return "boolean";
  return shape instanceof z.ZodArray ? "list" : "string";
}

function valueAt(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], value);
}

/** One variable for each leaf that has a value. */
export function writeEnvironment(
  prefix: string,
  schema: z.core.$ZodType,
  value: unknown,
): Record<string, string> {
  const environment: Record<string, string> = {};
  for (const leaf of leaves(schema)) {
    const at = valueAt(value, leaf.path);
    if (at === undefined) continue;
    environment[prefix + leaf.name] = leaf.type === "list" ? JSON.stringify(at) : String(at);
  }
  return environment;
}

/** What is no JSON stays text, which the schema refuses in its own words. */
function decodeList(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Text becomes a number only where it is written as one, so that `""` and `" 1"` are refused by the schema. */
function decode(text: string, type: Leaf["type"]): unknown {
  if (type === "number" && /^-?\d+(\.\d+)?$/.test(text)) return Number(text);
  if (type === "boolean" && (text === "true" || text === "false")) return text === "true";
  return type === "list" ? decodeList(text) : text;
}

/** Nested plain data from the variables that start with the prefix, and the names that the schema does not have. */
export function readEnvironment(
  prefix: string,
  schema: z.core.$ZodType,
  environment: Record<string, string | undefined>,
): { value: Record<string, unknown>; unknown: string[] } {
  const known = new Map(leaves(schema).map((leaf) => [prefix + leaf.name, leaf]));
  const value: Record<string, unknown> = {};
  const unknown: string[] = [];
  for (const [name, text] of Object.entries(environment)) {
    if (!name.startsWith(prefix) || text === undefined) continue;
    const leaf = known.get(name);
    if (leaf === undefined) {
      unknown.push(name);
      continue;
    }
    const last = leaf.path.at(-1) ?? name;
    let at = value;
    for (const key of leaf.path.slice(0, -1)) {
      at[key] ??= {};
      at = at[key] as Record<string, unknown>;
    }
    at[last] = decode(text, leaf.type);
  }
  return { value, unknown: unknown.sort() };
}
