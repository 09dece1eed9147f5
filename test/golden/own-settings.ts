import { isDeepStrictEqual } from "node:util";
import { parseSettings } from "@bedplate/contract";

type Environment = Readonly<Record<string, string>>;

/** The service's settings in an environment; undefined where it has none that it would accept. */
function settingsIn(environment: Environment): unknown {
  // The kubelet puts the pod's own address in its place.
  const filled = Object.entries(environment).map(([name, text]) => [
    name,
    text.replace("$(POD_IP)", "10.0.0.1"),
  ]);
  try {
    return parseSettings(Object.fromEntries(filled));
  } catch {
    return undefined;
  }
}

/** Names of variables that say what the service would do without them too. */
function defaultsIn(environment: Environment): ReadonlySet<string> {
  const whole = settingsIn(environment);
  const names = Object.keys(environment).filter((name) => name.startsWith("BEDPLATE_"));
  if (whole === undefined) return new Set();
  return new Set(
    names.filter((name) => {
      const { [name]: _left, ...rest } = environment;
      return isDeepStrictEqual(settingsIn(rest), whole);
    }),
  );
}

const isMap = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const isVariable = (value: unknown): value is { readonly name: string; readonly value?: string } =>
  isMap(value) &&
  typeof value.name === "string" &&
  (value.value === undefined || typeof value.value === "string");
const isOurs = (name: string) => name.startsWith("BEDPLATE_");
/** The local stack names the console only where it has been built. */
const isBuilt = (name: string, value: unknown) =>
  name === "BEDPLATE_CONSOLE_PATH" && value === "/repository/console/dist";

/**
 * Plain data in which environments of the service, as lists or as maps, have no setting that is at its default: a new
 * setting is then no change of what a stack registers.
 */
export function withoutDefaults(value: unknown): unknown {
  if (Array.isArray(value)) {
    const variables = value.filter(isVariable);
    if (variables.length < value.length || !variables.some(({ name }) => isOurs(name)))
      return value.map(withoutDefaults);
    const known = variables.map(({ name, value: text }) => [name, text ?? ""] as const);
    const defaults = defaultsIn(Object.fromEntries(known.filter(([name]) => isOurs(name))));
    return variables.filter(({ name }) => !defaults.has(name));
  }
  if (!isMap(value)) return value;
  const texts = Object.entries(value).filter(
    (entry): entry is [string, string] => typeof entry[1] === "string",
  );
  const ours = texts.filter(([name]) => isOurs(name));
  const defaults = ours.length === 0 ? new Set() : defaultsIn(Object.fromEntries(ours));
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name, inner]) => !defaults.has(name) && !isBuilt(name, inner))
      .map(([name, inner]) => [name, withoutDefaults(inner)]),
  );
}
