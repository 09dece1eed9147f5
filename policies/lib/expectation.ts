import {
  type Fields,
  fieldsOf,
  holdsUnknown,
  isFalse,
  isSet,
  isTrue,
  isUnknown,
  itemsOf,
  numberOf,
  quote,
} from "./plain-data.ts";
import { defineRule, type Rule, type RuleText } from "./rule.ts";
import { valueBelow } from "./truth.ts";

/** Judges a resource's properties: a sentence for each thing that is wrong; what is not known yet is not judged. */
export type Check = (properties: Fields) => readonly string[];

/** What stands at a path such as `vpcConfig.endpointPublicAccess`; unknown where any part of the way is. */
export const valueAt = (properties: Fields, path: string) => valueBelow(properties, path.split("."));

/** Wants a value to be good; says what it is and what to do otherwise. */
export const wants =
  (path: string, isGood: (value: unknown) => boolean, fix: string): Check =>
  (properties) => {
    const value = valueAt(properties, path);
    return isUnknown(value) || isGood(value) ? [] : [`${path} is ${quote(value)}: ${fix}`];
  };

/** Must be said to be on; its default is off. */
export const isOn = (path: string, fix = "set it to true") => wants(path, isTrue, fix);
/** Must not be switched off; its default is on. */
export const staysOn = (path: string, fix = "set it to true") => wants(path, (value) => !isFalse(value), fix);
/** Must not be switched on; its default is off. */
export const staysOff = (path: string, fix = "set it to false") =>
  wants(path, (value) => !isTrue(value), fix);
/** Must be said to be off; its default is on. */
export const isOff = (path: string, fix = "set it to false") => wants(path, isFalse, fix);

/** Must be there. */
export const isGiven = (path: string, fix: string) =>
  wants(path, (value) => isSet(value) && value !== "", fix);

export const isAtLeast = (path: string, least: number) =>
  wants(path, (value) => numberOf(value) >= least, `set it to ${least} or more`);

export const isOneOf = (path: string, allowed: readonly unknown[]) =>
  wants(path, (value) => allowed.includes(value), `use ${allowed.map(quote).join(" or ")}`);

/** Must be none of them; nothing at all is fine. */
export const isNoneOf = (path: string, refused: readonly unknown[], fix: string) =>
  wants(path, (value) => !refused.includes(value), fix);

export const all =
  (...checks: readonly Check[]): Check =>
  (properties) =>
    checks.flatMap((check) => check(properties));

/** Judges only where a condition holds of the values at some paths; not while any part of these is not known. */
export const where =
  (paths: readonly string[], condition: (...values: readonly unknown[]) => boolean, check: Check): Check =>
  (properties) => {
    const values = paths.map((path) => valueAt(properties, path));
    return !values.some(holdsUnknown) && condition(...values) ? check(properties) : [];
  };

/** Judges each item of a list; what it finds is said with the item's place. */
export const each =
  (path: string, check: Check): Check =>
  (properties) =>
    itemsOf(valueAt(properties, path)).flatMap((item, index) =>
      (isUnknown(item) ? [] : check(fieldsOf(item))).map((finding) => `${path}[${index}].${finding}`),
    );

/** Judges each text of a list. */
export const eachText =
  (path: string, isGood: (text: string) => boolean, fix: string): Check =>
  (properties) =>
    itemsOf(valueAt(properties, path)).flatMap((item, index) =>
      typeof item !== "string" || isGood(item) ? [] : [`${path}[${index}] is ${quote(item)}: ${fix}`],
    );

/** A rule with a check for each type of resource, by the engine's type token, such as `aws:rds/instance:Instance`. */
export function defineTypedRule(
  url: string,
  text: RuleText,
  checks: Readonly<Record<string, Check>>,
): Rule & { readonly types: readonly string[] } {
  const types = Object.keys(checks);
  const rule = defineRule(url, {
    ...text,
    violations: ({ type, properties }) =>
      Object.hasOwn(checks, type) ? [...(checks[type]?.(fieldsOf(properties)) ?? [])] : [],
  });
  return { ...rule, types };
}
