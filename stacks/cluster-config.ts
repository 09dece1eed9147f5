import { configSecrets } from "@bedplate/components/plans";
import { z } from "zod";
import {
  at,
  type ConfigKind,
  isSealed,
  issueProblems,
  readConfigValues,
  StackConfigError,
} from "./config-problems.ts";

export const section = "a map of settings";

export const configLabel = z
  .string("a label: lower-case letters, digits and dashes, 1 to 63 of them")
  .regex(
    /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/,
    "a label: lower-case letters, digits and dashes, 1 to 63 of them",
  );

export const matching = (pattern: RegExp, allowed: string) => z.string(allowed).regex(pattern, allowed);

/** Which cluster a stack works on. */
export const accessSchema = z.strictObject(
  {
    /** Path of a kubeconfig file; `KUBECONFIG` or `~/.kube/config` when left out. */
    kubeconfig: matching(/^[^~\0\n]+$/, "the path of a kubeconfig file; no ~").optional(),
    context: matching(/^\S+$/, "the name of a context").optional(),
  },
  section,
);

/** A value for each of a list of keys. */
export function mapKeys<Key extends string, Value>(
  keys: readonly Key[],
  value: (key: Key) => Value,
): Record<Key, Value> {
  return Object.fromEntries(keys.map((key) => [key, value(key)])) as Record<Key, Value>;
}

/** Secrets that only a person can give. */
export const secretsSchema = z
  .strictObject(
    mapKeys(configSecrets, () => z.string("a secret").min(1, "a secret that is not empty").optional()),
    section,
  )
  .prefault({});

/** A closed secret, in a file that was read without its key, counts as one that is there. */
function openSealed(secrets: unknown): unknown {
  if (typeof secrets !== "object" || secrets === null) return secrets;
  return Object.fromEntries(
    Object.entries(secrets).map(([name, value]) => [name, isSealed(value) ? "(secret)" : value]),
  );
}

/**
 * Checks the config of a stack that works on a cluster: values as the engine hands them over (text) or as a YAML reader
 * gives them. Throws a `StackConfigError` with every problem at once.
 */
export function parseConfig<Schema extends z.ZodObject>(
  values: Readonly<Record<string, unknown>>,
  kind: ConfigKind<Schema>,
): z.output<Schema> {
  const { given } = readConfigValues(values, kind);
  const opened =
    at(given, ["secrets"]) === undefined ? given : { ...given, secrets: openSealed(given.secrets) };
  const result = kind.schema.safeParse(opened);
  if (result.success) return result.data;
  throw new StackConfigError(result.error.issues.flatMap((issue) => issueProblems(issue, opened, kind)));
}
