import { z } from "zod";
import { closest } from "./closest.plan.ts";

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

export const namespace = "bedplate:";

/** The config of one kind of stack. */
export interface ConfigKind<Schema extends z.ZodObject> {
  readonly schema: Schema;
  /** Keys whose values are text even where they look like something else. */
  readonly textKeys: ReadonlySet<string>;
  /** Keys whose values never stand in a message. */
  readonly secretKeys: ReadonlySet<string>;
  /** The command or the words that set a key right; undefined where none is better than the file's name. */
  readonly fixOf: (path: string) => string | undefined;
}

/** Config as it was given, decoded. */
export interface GivenConfig {
  readonly given: Readonly<Record<string, unknown>>;
  /** Secret keys that are there but closed, in a file that was read without its key. */
  readonly sealed: ReadonlySet<string>;
}

/** Under a mistyped key, anything may be a secret that looks like one. */
const secretWord = /url|pass|secret|token|key|credential/i;

/** A value as it stands in a config file that was read without its key: present, but closed. */
export const isSealed = (value: unknown) => typeof value === "object" && value !== null && "secure" in value;

/** The engine hands every value over as text, a YAML reader does not; both become what the schema expects. */
function decode(value: unknown, isText: boolean): unknown {
  if (isText) return typeof value === "number" || typeof value === "boolean" ? String(value) : value;
  if (typeof value !== "string") return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

/** Keys `bedplate:<name>` of a stack's config, decoded; those of other namespaces are not looked at. */
export function readConfigValues<Schema extends z.ZodObject>(
  values: Readonly<Record<string, unknown>>,
  kind: ConfigKind<Schema>,
): GivenConfig {
  const given: Record<string, unknown> = {};
  const sealed = new Set<string>();
  for (const [full, value] of Object.entries(values)) {
    if (!full.startsWith(namespace)) continue;
    const key = full.slice(namespace.length);
    if (isSealed(value) && kind.secretKeys.has(key)) sealed.add(key);
    else given[key] = decode(value, kind.textKeys.has(key));
  }
  return { given, sealed };
}

/** What stands at a path; undefined where nothing does. */
export function at(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (part, key) => (part as Record<PropertyKey, unknown> | undefined)?.[key],
    value,
  );
}

/** A value as a message shows it; never a secret. */
export function shown(value: unknown, isSecret: boolean): string {
  if (value === undefined) return "(not set)";
  if (isSecret) return "(secret)";
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 100 ? `${text.slice(0, 100)}…` : text;
}

const dotted = (path: readonly PropertyKey[]) => path.map(String).join(".");

function unwrap(schema: unknown): unknown {
  const isWrapped =
    schema instanceof z.ZodPrefault || schema instanceof z.ZodDefault || schema instanceof z.ZodOptional;
  return isWrapped ? unwrap(schema.unwrap()) : schema;
}

/** Keys that the schema knows at a path. */
function knownKeys(schema: z.ZodObject, path: readonly PropertyKey[]): string[] {
  const found = path.reduce<unknown>((part, key) => {
    const inner = unwrap(part);
    if (inner instanceof z.ZodArray) return inner.element;
    return inner instanceof z.ZodObject ? inner.shape[String(key)] : undefined;
  }, schema);
  const last = unwrap(found);
  return last instanceof z.ZodObject ? Object.keys(last.shape) : [];
}

function unknownKey(
  path: readonly PropertyKey[],
  value: unknown,
  known: readonly string[],
): StackConfigProblem {
  const name = String(path.at(-1));
  const meant = closest(name, known);
  const key = namespace + dotted(path);
  return {
    key,
    value: secretWord.test(name) || isSealed(value) ? "(secret)" : shown(value, false),
    allowed: `one of the keys ${known.join(", ")}`,
    fix:
      meant === undefined
        ? `remove ${key}`
        : `did you mean ${namespace}${dotted([...path.slice(0, -1), meant])}?`,
  };
}

/** Everything that a schema finds wrong in a config, with what was given, what is allowed and the likely fix. */
export function issueProblems<Schema extends z.ZodObject>(
  issue: z.core.$ZodIssue,
  given: unknown,
  kind: ConfigKind<Schema>,
): StackConfigProblem[] {
  if (issue.code === "unrecognized_keys") {
    const known = knownKeys(kind.schema, issue.path);
    return issue.keys.map((key) => unknownKey([...issue.path, key], at(given, [...issue.path, key]), known));
  }
  const path = dotted(issue.path);
  return [
    {
      key: namespace + path,
      value: shown(at(given, issue.path), kind.secretKeys.has(String(issue.path[0]))),
      allowed: issue.message,
      fix: kind.fixOf(path) ?? "correct it in the stack's Pulumi.<stack>.yaml",
    },
  ];
}
