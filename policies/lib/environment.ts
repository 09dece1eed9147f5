import { type Fields, fieldsOf, itemsOf } from "./plain-data.ts";

/** One environment variable with a literal value. */
export interface EnvironmentEntry {
  readonly name: string;
  readonly value: string;
  /** Where in the resource's inputs it stands. */
  readonly path: string;
}

/** Names under which resources take environments: ours, containers, functions, services, task definitions. */
const environmentKey = /^(env|envs|environment|environments|variables|\w*environmentVariables)$/i;

const literal = (value: unknown) =>
  typeof value === "string" || typeof value === "number" || typeof value === "boolean"
    ? String(value)
    : undefined;

function fromMap(map: Fields, path: string): EnvironmentEntry[] {
  return Object.entries(map).flatMap(([name, inner]) => {
    const value = literal(inner);
    return value === undefined ? [] : [{ name, value, path: `${path}.${name}` }];
  });
}

function fromList(list: readonly unknown[], path: string): EnvironmentEntry[] {
  return list.flatMap((item, index) => {
    const { name, value: inner } = fieldsOf(item);
    const value = literal(inner);
    if (typeof name !== "string" || value === undefined) return [];
    return [{ name, value, path: `${path}[${index}]` }];
  });
}

/** Some APIs take a whole document as one JSON text. */
function parsed(value: unknown): unknown {
  if (typeof value !== "string" || !/^\s*[[{]/.test(value)) return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

function walk(value: unknown, path: string): EnvironmentEntry[] {
  if (Array.isArray(value)) return value.flatMap((item, index) => walk(item, `${path}[${index}]`));
  return Object.entries(fieldsOf(value)).flatMap(([key, given]) => {
    if (key === "__provider") return [];
    const inner = parsed(given);
    const at = path === "" ? key : `${path}.${key}`;
    const own = environmentKey.test(key)
      ? [...fromMap(fieldsOf(inner), at), ...fromList(itemsOf(inner), at)]
      : [];
    return [...own, ...walk(inner, at)];
  });
}

/** Every environment variable with a literal value, wherever in a resource's inputs; references have no value. */
export function environmentEntries(properties: unknown): EnvironmentEntry[] {
  return walk(properties, "");
}
