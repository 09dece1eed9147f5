import type { ErrorCode, TensorSpec } from "@bedplate/contract";
import { Problem } from "./problem.ts";
import { rankLimit } from "./tensor.ts";

/** One thing that is wrong with an inference request. */
export interface Fault {
  readonly code: ErrorCode;
  readonly text: string;
}

/** When several things are wrong, the answer has the code that comes first here, and all sentences. */
const precedence: readonly ErrorCode[] = [
  "INVALID_REQUEST",
  "INPUT_MISSING",
  "INPUT_UNKNOWN",
  "INPUT_INVALID",
];
/** Sentences in one answer; the rest is counted. */
const faultLimit = 20;

/** A JSON object whose keys are not known to mean anything yet. */
export type Fields = Record<string, unknown>;

export function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** All faults of a request as one problem. */
export function problemOf(faults: readonly Fault[]): Problem {
  const code = precedence.find((one) => faults.some((fault) => fault.code === one)) ?? "INVALID_REQUEST";
  const texts = faults.slice(0, faultLimit).map((fault) => fault.text);
  if (faults.length > faultLimit) texts.push(`And ${faults.length - faultLimit} more problems.`);
  return new Problem(code, texts.join(" "), texts);
}

/** Names an object's keys that mean nothing, so that a misspelt one is not lost without a word. */
export function reportUnknownKeys(
  object: Fields,
  known: readonly string[],
  what: string,
  report: (text: string) => unknown,
): void {
  const unknown = Object.keys(object).filter((key) => !known.includes(key));
  if (unknown.length === 0) return;
  report(
    `${what} has unknown keys: ${unknown.slice(0, 5).map(quote).join(", ")}; known: ${known.join(", ")}.`,
  );
}

/** A caller's value in an error, cut to a readable length. */
export function quote(value: unknown): string {
  if (Array.isArray(value) && value.length > rankLimit) return `an array of ${value.length}`;
  if (Array.isArray(value))
    return `[${value.map((one) => (Array.isArray(one) ? "[…]" : quote(one))).join(", ")}]`;
  if (isFields(value)) return "an object";
  const text = typeof value === "string" ? JSON.stringify(value) : String(value);
  return text.length > 100 ? `${text.slice(0, 100)}…` : text;
}

export const shapeText = (shape: readonly number[]) => `[${shape.join(", ")}]`;

/** An input or output with its datatype and shape. */
export const describe = (spec: TensorSpec) =>
  `${quote(spec.name)} (${spec.datatype} ${shapeText(spec.shape)})`;

/** Inputs or outputs in a sentence. */
export function list(specs: readonly TensorSpec[]): string {
  const shown = specs.slice(0, faultLimit).map(describe).join(", ");
  return specs.length > faultLimit ? `${shown} and ${specs.length - faultLimit} more` : shown || "none";
}
