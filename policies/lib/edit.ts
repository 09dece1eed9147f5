import type { Edit } from "./rule.ts";

/** `a.b[0].c` as the keys on the way. */
const keysOf = (path: string): readonly string[] => path.split(/[.[\]]+/).filter((key) => key !== "");

type Holder = Record<string, unknown>;

const isHolder = (value: unknown): value is Holder => typeof value === "object" && value !== null;

function put(holder: Holder, [key = "", ...rest]: readonly string[], value: unknown): void {
  if (rest.length === 0) {
    holder[key] = value;
    return;
  }
  const inner = holder[key];
  if (isHolder(inner)) put(inner, rest, value);
  else {
    const made: Holder = {};
    holder[key] = made;
    put(made, rest, value);
  }
}

/** Puts values in their places, making what is missing on the way; changes what it is given, as the engine wants it. */
export function applyEdits(properties: Holder, edits: readonly Edit[]): void {
  for (const { path, value } of edits) put(properties, keysOf(path), value);
}
