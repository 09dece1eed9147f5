import { resolve } from "node:path";
import { z } from "zod";
import { closest } from "./closest.plan.ts";
import { stackConfigSchema } from "./config-schema.ts";

/** The checked config of a stack; folders are absolute. */
export type StackConfig = z.infer<typeof stackConfigSchema>;

/** One thing that is wrong in a stack's config. */
export interface StackConfigProblem {
  /** The key as it stands in the file, with the path inside its value. */
  readonly key: string;
  /** What was given, as JSON; `(not set)` or `(secret)` where that is so. */
  readonly value: string;
  readonly allowed: string;
  /** The likely correction. */
  readonly fix: string;
}

const lineOf = ({ key, value, allowed, fix }: StackConfigProblem) =>
  `  ${key} = ${value}: allowed is ${allowed}; ${fix}`;

/** Everything that is wrong in a stack's config, a line each. */
export class StackConfigError extends Error {
  readonly problems: readonly StackConfigProblem[];

  constructor(problems: readonly StackConfigProblem[]) {
    const count = problems.length === 1 ? "1 problem" : `${problems.length} problems`;
    super([`The config of this stack has ${count}:`, ...problems.map(lineOf)].join("\n"));
    this.name = "StackConfigError";
    this.problems = problems;
  }
}

const namespace = "bedplate:";
const secretKeys = new Set(["sqlUrl", "objectStoreKeys"]);
/** Under a mistyped key, anything may be a secret that looks like one. */
const secretWord = /url|pass|secret|token|key|credential/i;
const keys = Object.keys(stackConfigSchema.shape);
const textKeys = new Set(["kind", "owner", "environment", "dataDir", "sqlUrl", "objectStoreKeys"]);

const examples: Readonly<Record<string, string>> = {
  kind: "local",
  owner: "me",
  environment: "development",
  port: "4680",
  dataDir: ".bedplate/local",
  "training.concurrency": "2",
  "training.programRoot": ".",
  "servedModels.limit": "50",
  "promotion.approvals": "1",
  objectStore: `'{"endpoint": "https://s3.example.com", "bucket": "models"}'`,
  "objectStore.bucket": "models",
};

/** The engine hands every value over as text, a YAML reader does not; both become what the schema expects. */
function decode(key: string, value: unknown): unknown {
  if (textKeys.has(key))
    return typeof value === "number" || typeof value === "boolean" ? String(value) : value;
  if (typeof value !== "string") return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

/** A value as it stands in a config file that was read without its key: present, but closed. */
const isSealed = (value: unknown) => typeof value === "object" && value !== null && "secure" in value;

function at(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (part, key) => (part as Record<PropertyKey, unknown> | undefined)?.[key],
    value,
  );
}

function shown(value: unknown, key: string): string {
  if (value === undefined) return "(not set)";
  if (secretKeys.has(key)) return "(secret)";
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 100 ? `${text.slice(0, 100)}…` : text;
}

const dotted = (path: readonly PropertyKey[]) => path.map(String).join(".");

function setCommand(path: string): string {
  const example = path.startsWith("flavors.") ? "process" : examples[path];
  if (path === "objectStoreKeys")
    return "set it with `pulumi config set --secret bedplate:objectStoreKeys '{…}'`";
  if (path === "sqlUrl") return "set it with `pulumi config set --secret bedplate:sqlUrl <url>`";
  if (example === undefined) return "correct it in the stack's Pulumi.<stack>.yaml";
  return `for example \`pulumi config set ${path.includes(".") ? "--path " : ""}${namespace}${path} ${example}\``;
}

function unknownKey(
  path: readonly PropertyKey[],
  value: unknown,
  known: readonly string[],
): StackConfigProblem {
  const name = String(path.at(-1));
  const meant = closest(name, known);
  const parents = path.slice(0, -1);
  const key = namespace + dotted(path);
  return {
    key,
    value: secretWord.test(name) || isSealed(value) ? "(secret)" : shown(value, name),
    allowed: `one of the keys ${known.join(", ")}`,
    fix: meant === undefined ? `remove ${key}` : `did you mean ${namespace}${dotted([...parents, meant])}?`,
  };
}

function problemsOf(issue: z.core.$ZodIssue, given: unknown): StackConfigProblem[] {
  if (issue.code === "unrecognized_keys") {
    const inner = at(stackConfigSchema.shape, issue.path.slice(0, 1));
    const prefault = inner instanceof z.ZodPrefault ? inner.unwrap() : stackConfigSchema;
    const known = prefault instanceof z.ZodObject ? Object.keys(prefault.shape) : keys;
    return issue.keys.map((key) => unknownKey([...issue.path, key], at(given, [...issue.path, key]), known));
  }
  const path = dotted(issue.path);
  const value = shown(at(given, issue.path), String(issue.path[0]));
  return [{ key: namespace + path, value, allowed: issue.message, fix: setCommand(path) }];
}

/** Keys that one flavor needs or at least takes, and the others do not. */
const flavored = [
  { key: "sqlUrl", capability: "sql", needed: "a secret URL" },
  { key: "objectStore", capability: "objectStore", needed: "a map with at least `bucket`" },
  { key: "objectStoreKeys", capability: "objectStore", needed: null },
] as const;

/** What no single key can tell. */
function jointProblems(given: Record<string, unknown>, sealed: ReadonlySet<string>): StackConfigProblem[] {
  return flavored.flatMap(({ key, capability, needed }) => {
    const flavor = `flavors.${capability}`;
    const existing = at(given, ["flavors", capability]) === "existing";
    const present = sealed.has(key) || given[key] !== undefined;
    if (existing ? present || needed === null : !present) return [];
    const allowed = existing
      ? `${needed}, because ${flavor} is existing`
      : `nothing, unless ${flavor} is existing`;
    const fix = existing ? setCommand(key) : `remove it, or set ${namespace}${flavor} to existing`;
    const value = !present ? "(not set)" : sealed.has(key) ? "(secret)" : shown(given[key], key);
    return [{ key: namespace + key, value, allowed, fix }];
  });
}

/**
 * Checks the config of a stack: keys `bedplate:<name>`, values as the engine hands them over (text) or as a YAML reader
 * gives them. Keys of other namespaces are not looked at. Relative folders are taken from `root`.
 * Throws a `StackConfigError` with every problem at once.
 */
export function parseStackConfig(
  values: Readonly<Record<string, unknown>>,
  root: string = resolve(import.meta.dirname, ".."),
): StackConfig {
  const given: Record<string, unknown> = {};
  const sealed = new Set<string>();
  for (const [full, value] of Object.entries(values)) {
    if (!full.startsWith(namespace)) continue;
    const key = full.slice(namespace.length);
    if (isSealed(value) && secretKeys.has(key)) sealed.add(key);
    else given[key] = decode(key, value);
  }
  const result = stackConfigSchema.safeParse(given);
  const problems = [
    ...(result.error?.issues ?? []).flatMap((issue) => problemsOf(issue, given)),
    ...jointProblems(given, sealed),
  ];
  if (!result.success || problems.length > 0) throw new StackConfigError(problems);
  const config = result.data;
  return {
    ...config,
    dataDir: resolve(root, config.dataDir),
    training: { ...config.training, programRoot: resolve(root, config.training.programRoot) },
  };
}
