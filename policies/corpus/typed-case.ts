import { fieldsOf } from "../lib/plain-data.ts";
import { resource } from "../lib/rule-cases.ts";
import type { ResourceCase, ResourceCases } from "./resource-case.ts";

/** What is good of one type, and by which single changes it becomes bad: a place and the values that are wrong there. */
export interface TypedCases {
  readonly good: object | readonly object[];
  readonly bad: Readonly<Record<string, readonly unknown[]>>;
}

/** Stands for a field that is left out. */
export const missing: unique symbol = Symbol("missing");

/** A copy with another value at a place such as `a.0.b`; the empty place is the whole. */
export function changed(value: unknown, path: string, to: unknown): unknown {
  if (path === "") return to;
  const [key = "", ...rest] = path.split(".");
  const inner = (at: unknown) => (rest.length === 0 ? to : changed(at, rest.join("."), to));
  if (Array.isArray(value)) return value.map((item, index) => (String(index) === key ? inner(item) : item));
  const fields = fieldsOf(value);
  const entries = Object.entries({ ...fields, [key]: inner(fields[key]) });
  return Object.fromEntries(entries.filter(([, item]) => item !== missing));
}

const show = (value: unknown) => (value === missing ? "left out" : JSON.stringify(value));

function casesOf(type: string, { good, bad }: TypedCases): ResourceCases {
  const goods = Array.isArray(good) ? good : [good];
  const [first = {}] = goods;
  return {
    good: goods.map((properties, index) => [`${type} ${index}`, resource(properties, { type })] as const),
    bad: Object.entries(bad).flatMap(([path, values]) =>
      values.map(
        (value): ResourceCase => [
          `${type} with ${path} ${show(value)}`,
          resource(changed(first, path, value), { type }),
        ],
      ),
    ),
  };
}

/** The cases of one rule, from those of each type that it is about. */
export function typedCases(types: Readonly<Record<string, TypedCases>>): ResourceCases {
  const all = Object.entries(types).map(([type, cases]) => casesOf(type, cases));
  return { good: all.flatMap(({ good }) => good), bad: all.flatMap(({ bad }) => bad) };
}
