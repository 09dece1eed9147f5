/**
 * What is asked of one thing in a Kubernetes object, as data: judged here before an update, and written as CEL for the
 * API server. So both ask the same. Where a value is not known yet the answer is not known either.
 */
export type Condition =
  | { readonly op: "set" | "on" | "off" | "empty"; readonly at: Place }
  | { readonly op: "in"; readonly at: Place; readonly values: readonly (string | number)[] }
  | { readonly op: "matches"; readonly at: Place; readonly pattern: string }
  | { readonly op: "starts"; readonly at: Place; readonly prefix: string }
  | { readonly op: "beside"; readonly at: Place; readonly keys: readonly string[] }
  | { readonly op: "from"; readonly at: Place; readonly parameter: "allowedRegistries" }
  | { readonly op: "some"; readonly at: Place; readonly where: Condition }
  | { readonly op: "not"; readonly condition: Condition }
  | { readonly op: "every" | "any"; readonly conditions: readonly Condition[] };

/** Where a value stands, key by key, below the thing that is judged or below the root around it. */
export interface Place {
  readonly below: "item" | "root";
  readonly keys: readonly string[];
}

/** A way through maps: `a.b`, or the keys one by one where they have dots themselves. Empty for the thing itself. */
export type Path = string | readonly string[];

export const keysOf = (path: Path): readonly string[] =>
  typeof path === "string" ? path.split(".").filter((key) => key !== "") : path;

const placeOf = (given: Path | Place): Place =>
  typeof given === "object" && "below" in given ? given : { below: "item", keys: keysOf(given) };

/** A place in the spec of the pod around what is judged. */
export const ofPod = (path: string): Place => ({ below: "root", keys: ["spec", ...keysOf(path)] });

/** It is there; null is as if it were not. */
export const isGiven = (at: Path | Place): Condition => ({ op: "set", at: placeOf(at) });
/** It is true, or says so in words. */
export const isOn = (at: Path | Place): Condition => ({ op: "on", at: placeOf(at) });
/** It is false, or says so in words. */
export const isOff = (at: Path | Place): Condition => ({ op: "off", at: placeOf(at) });
/** It is no map and no list, or one without entries. */
export const isEmpty = (at: Path | Place): Condition => ({ op: "empty", at: placeOf(at) });
export const isIn = (at: Path | Place, values: readonly (string | number)[]): Condition => ({
  op: "in",
  at: placeOf(at),
  values,
});
/** It is a text that fits a pattern, which JavaScript and RE2 must read alike. */
export const matches = (at: Path | Place, pattern: string): Condition => ({
  op: "matches",
  at: placeOf(at),
  pattern,
});
export const startsWith = (at: Path | Place, prefix: string): Condition => ({
  op: "starts",
  at: placeOf(at),
  prefix,
});
/** It is a map with a field that is set, beside these. */
export const hasBeside = (at: Path | Place, keys: readonly string[]): Condition => ({
  op: "beside",
  at: placeOf(at),
  keys,
});
/** It is an image below one of a parameter's prefixes. Not known where the parameter is not given. */
export const isFrom = (at: Path | Place, parameter: "allowedRegistries"): Condition => ({
  op: "from",
  at: placeOf(at),
  parameter,
});
/** It is a list with an item of which the condition holds. */
export const some = (at: Path | Place, where: Condition): Condition => ({
  op: "some",
  at: placeOf(at),
  where,
});
export const not = (condition: Condition): Condition => ({ op: "not", condition });
export const every = (...conditions: readonly Condition[]): Condition => ({ op: "every", conditions });
export const any = (...conditions: readonly Condition[]): Condition => ({ op: "any", conditions });
