/** Deeper than any real manifest. */
const depthLimit = 64;

/** Stands for what is not known before the update has run. */
export const unknownValue: unique symbol = Symbol("not known yet");

export const isUnknown = (value: unknown): boolean => value === unknownValue;

/** Whether any part of a value is not known yet. */
export function holdsUnknown(value: unknown): boolean {
  if (isUnknown(value)) return true;
  return typeof value === "object" && value !== null && Object.values(value).some(holdsUnknown);
}

/** What a property holds; the engine's SDK tells by throwing that it is not known yet. */
function read(value: object, key: string): unknown {
  try {
    return (value as Record<string, unknown>)[key];
  } catch {
    return unknownValue;
  }
}

function keysOf(value: object): string[] {
  try {
    return Object.keys(value);
  } catch {
    return [];
  }
}

/**
 * A copy of any value as plain data: what is not known yet or cannot be read is `unknownValue`, what is no data or
 * lies too deep is left out. So a rule judges all that is known in a preview, and the rest when it is.
 */
export function plainData(value: unknown, depth = 0): unknown {
  if (
    value === null ||
    typeof value === "string" ||
    typeof value === "number" ||
    typeof value === "boolean" ||
    value === unknownValue
  ) {
    return value;
  }
  if (typeof value !== "object" || depth >= depthLimit) return undefined;
  if (Array.isArray(value)) return keysOf(value).map((key) => plainData(read(value, key), depth + 1));
  const entries = keysOf(value).map((key) => [key, plainData(read(value, key), depth + 1)] as const);
  return Object.fromEntries(entries.filter(([, inner]) => inner !== undefined));
}

export type Fields = Readonly<Record<string, unknown>>;

/** A map's fields; none for anything else. */
export function fieldsOf(value: unknown): Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}

/** A list's items; none for anything else. */
export function itemsOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** A number, written as one or as text; NaN for anything else. */
export function numberOf(value: unknown): number {
  if (typeof value === "number") return value;
  return typeof value === "string" && value.trim() !== "" ? Number(value) : Number.NaN;
}

/** Kubernetes reads null as if the field were not there. */
export const isSet = (value: unknown) => value !== undefined && value !== null;

/** A text `true` is refused by Kubernetes; whoever wrote it meant it. */
export const isTrue = (value: unknown) => value === true || value === "true";
export const isFalse = (value: unknown) => value === false || value === "false";

/** A value in a sentence, cut short. */
export const quote = (value: unknown) => (JSON.stringify(value) ?? "nothing").slice(0, 80);
