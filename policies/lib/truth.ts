import type { Condition, Place } from "./condition.ts";
import { imageIsUnder } from "./image.ts";
import type { RuleParameters } from "./parameters.ts";
import { fieldsOf, isFalse, isSet, isTrue, isUnknown, itemsOf, unknownValue } from "./plain-data.ts";

/** Whether a condition holds; undefined where that hangs on what is not known yet (Kleene's third value). */
export type Truth = boolean | undefined;

/** What a condition is asked of. */
export interface Asked {
  readonly item: unknown;
  /** The pod or the object around it. */
  readonly root: unknown;
  readonly parameters: RuleParameters;
}

/** What stands below a value; unknown where any part of the way is. */
export function valueBelow(value: unknown, keys: readonly string[]): unknown {
  let at = value;
  for (const key of keys) {
    if (isUnknown(at)) return unknownValue;
    at = fieldsOf(at)[key];
  }
  return at;
}

export const negated = (truth: Truth): Truth => (truth === undefined ? undefined : !truth);

/** True where one is; unknown where none is, and one might be. */
function anyOf(truths: Iterable<Truth>): Truth {
  let found: Truth = false;
  for (const truth of truths) {
    if (truth === true) return true;
    if (truth === undefined) found = undefined;
  }
  return found;
}

const isEmpty = (value: unknown) => itemsOf(value).length === 0 && Object.keys(fieldsOf(value)).length === 0;

function hasBeside(value: unknown, keys: readonly string[]): Truth {
  const others = Object.entries(fieldsOf(value)).filter(([key]) => !keys.includes(key));
  return anyOf(others.map(([, inner]) => (isUnknown(inner) ? undefined : isSet(inner))));
}

const patterns = new Map<string, RegExp>();
/** Patterns are those of the rules, so they are few. */
function patternOf(text: string): RegExp {
  const pattern = patterns.get(text) ?? new RegExp(text);
  patterns.set(text, pattern);
  return pattern;
}

type Plain = Exclude<Condition, { readonly op: "not" | "every" | "any" | "some" }>;

function judgeValue(condition: Plain, value: unknown, parameters: RuleParameters): Truth {
  switch (condition.op) {
    case "set":
      return isSet(value);
    case "on":
      return isTrue(value);
    case "off":
      return isFalse(value);
    case "empty":
      return isEmpty(value);
    case "in":
      return condition.values.some((one) => one === value);
    case "matches":
      return typeof value === "string" && patternOf(condition.pattern).test(value);
    case "starts":
      return typeof value === "string" && value.startsWith(condition.prefix);
    case "beside":
      return hasBeside(value, condition.keys);
    case "from": {
      const prefixes = parameters[condition.parameter];
      if (prefixes === undefined) return undefined;
      return typeof value === "string" && prefixes.some((prefix) => imageIsUnder(value, prefix));
    }
  }
}

/** Asks a condition of a thing. */
export function truthOf(condition: Condition, asked: Asked): Truth {
  const read = ({ below, keys }: Place) => valueBelow(asked[below], keys);
  switch (condition.op) {
    case "not":
      return negated(truthOf(condition.condition, asked));
    case "any":
      return anyOf(condition.conditions.map((one) => truthOf(one, asked)));
    case "every":
      return negated(anyOf(condition.conditions.map((one) => negated(truthOf(one, asked)))));
    case "some": {
      const list = read(condition.at);
      if (isUnknown(list)) return undefined;
      return anyOf(itemsOf(list).map((item) => truthOf(condition.where, { ...asked, item })));
    }
    default: {
      const value = read(condition.at);
      return isUnknown(value) ? undefined : judgeValue(condition, value, asked.parameters);
    }
  }
}
