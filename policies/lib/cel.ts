import type { Check } from "./check.ts";
import type { Condition } from "./condition.ts";
import type { Step } from "./scope.ts";

/**
 * The Common Expression Language of Kubernetes' admission policies, https://kubernetes.io/docs/reference/using-api/cel/.
 * An expression that may find nothing, as `c.?image` does, is optional until it gets a value in nothing's place.
 */
interface Expression {
  readonly text: string;
  readonly optional: boolean;
}

/** What a condition is written about; `depth` keeps the names of what nested lists hold apart. */
interface About {
  readonly item: Expression;
  readonly root: Expression;
  readonly depth: number;
}

const plain = (text: string): Expression => ({ text, optional: false });
const quoted = (text: string) => `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
const listOf = (texts: readonly string[]) => `[${texts.map(quoted).join(", ")}]`;
const isIdentifier = (key: string) => /^[A-Za-z_]\w*$/.test(key);
const nameOf = (depth: number) => String.fromCodePoint("a".charCodeAt(0) + depth);

function below({ text, optional }: Expression, keys: readonly string[]): Expression {
  const steps = keys.map((key) => (isIdentifier(key) ? `.?${key}` : `[?${quoted(key)}]`)).join("");
  return { text: text + steps, optional: optional || keys.length > 0 };
}

const orElse = ({ text, optional }: Expression, nothing: string) =>
  optional ? `${text}.orValue(${nothing})` : text;

/** A list in CEL holds values of one type. */
function isIn(value: string, values: readonly (string | number)[]): string {
  const texts = values.filter((one) => typeof one === "string");
  const numbers = values.filter((one) => typeof one === "number");
  return [
    ...(texts.length > 0 ? [`${value} in ${listOf(texts)}`] : []),
    ...(numbers.length > 0 ? [`${value} in [${numbers.join(", ")}]`] : []),
  ].join(" || ");
}

/** As `imageIsUnder` of image.ts. */
function isFrom(image: string, prefixes: string): string {
  const first = `${image}.split('/')[0]`;
  const whole = `(!${image}.contains('/') ? 'docker.io/library/' + ${image} : ${first}.matches('[.:]') || ${first} == 'localhost' ? ${image} : 'docker.io/' + ${image})`;
  return `${prefixes}.exists(p, ${whole}.startsWith(p.endsWith('/') ? p : p + '/'))`;
}

function conditionText(condition: Condition, about: About): string {
  switch (condition.op) {
    case "not":
      return `!(${conditionText(condition.condition, about)})`;
    case "any":
    case "every":
      return condition.conditions
        .map((one) => `(${conditionText(one, about)})`)
        .join(condition.op === "any" ? " || " : " && ");
  }
  const value = below(about[condition.at.below], condition.at.keys);
  switch (condition.op) {
    case "set":
      return value.optional ? `${value.text}.hasValue()` : `${value.text} != null`;
    case "on":
      return `${orElse(value, "dyn(null)")} == true`;
    case "off":
      return `${orElse(value, "dyn(null)")} == false`;
    case "empty":
      return `size(${orElse(value, "{}")}) == 0`;
    case "in":
      return isIn(orElse(value, "dyn(null)"), condition.values);
    case "matches":
      return `${orElse(value, "''")}.matches(${quoted(condition.pattern)})`;
    case "starts":
      return `${orElse(value, "''")}.startsWith(${quoted(condition.prefix)})`;
    case "beside":
      return `${orElse(value, "{}")}.exists(key, !(key in ${listOf(condition.keys)}))`;
    case "from":
      return isFrom(orElse(value, "''"), `params.data.${condition.parameter}.split(',')`);
    case "some": {
      const name = nameOf(about.depth);
      const inner = { ...about, item: plain(name), depth: about.depth + 1 };
      return `${orElse(value, "[]")}.exists(${name}, ${conditionText(condition.where, inner)})`;
    }
  }
}

/** Whether the condition holds of anything at the end of the way. */
function wayText([step, ...rest]: readonly Step[], refuse: Condition, about: About): string {
  if (step === undefined) return conditionText(refuse, about);
  const { item, depth } = about;
  const name = nameOf(depth);
  const inside = () => wayText(rest, refuse, { ...about, item: plain(name), depth: depth + 1 });
  switch (step.go) {
    case "to":
      return wayText(rest, refuse, { ...about, item: below(item, step.keys) });
    case "each": {
      const lists = step.lists.map((keys) => orElse(below(item, keys), "[]"));
      return `(${lists.join(" + ")}).exists(${name}, ${inside()})`;
    }
    case "entries": {
      const map = orElse(below(item, step.keys), "{}");
      return `${map}.map(key, {'name': key, 'value': ${map}[key]}).exists(${name}, ${inside()})`;
    }
  }
}

/** When a check accepts what stands at `root`. */
export function acceptance({ each, refuse }: Check, root: string): string {
  const about = { item: plain(root), root: plain(root), depth: 0 };
  return `!(${each.map((way) => wayText(way, refuse, about)).join(" || ")})`;
}
