import { resolve } from "node:path";
import type { z } from "zod";
import {
  at,
  type GivenConfig,
  issueProblems,
  namespace,
  readConfigValues,
  StackConfigError,
  type StackConfigProblem,
  shown,
} from "./config-problems.ts";
import { stackConfigSchema } from "./config-schema.ts";

export { StackConfigError, type StackConfigProblem } from "./config-problems.ts";

/** The checked config of a stack; folders are absolute. */
export type StackConfig = z.infer<typeof stackConfigSchema> & { readonly grpcPort: number };

const secretKeys = new Set(["sqlUrl", "objectStoreKeys"]);
const textKeys = new Set(["kind", "owner", "environment", "dataDir", "sqlUrl", "objectStoreKeys"]);

const examples: Readonly<Record<string, string>> = {
  kind: "local",
  owner: "me",
  environment: "development",
  port: "4680",
  grpcPort: "4681",
  dataDir: ".bedplate/local",
  "training.concurrency": "2",
  "training.programRoot": ".",
  "servedModels.limit": "50",
  "promotion.approvals": "1",
  "identity.oidc.audience": "bedplate",
  objectStore: `'{"endpoint": "https://s3.example.com", "bucket": "models"}'`,
  "objectStore.bucket": "models",
};

function setCommand(path: string): string {
  const example = path.startsWith("flavors.") ? "process" : examples[path];
  if (path === "objectStoreKeys")
    return "set it with `pulumi config set --secret bedplate:objectStoreKeys '{…}'`";
  if (path === "sqlUrl") return "set it with `pulumi config set --secret bedplate:sqlUrl <url>`";
  if (example === undefined) return "correct it in the stack's Pulumi.<stack>.yaml";
  return `for example \`pulumi config set ${path.includes(".") ? "--path " : ""}${namespace}${path} ${example}\``;
}

const localKind = { schema: stackConfigSchema, textKeys, secretKeys, fixOf: setCommand };

/** Keys that one flavor needs or at least takes, and the others do not. */
const flavored = [
  { key: "sqlUrl", capability: "sql", needed: "a secret URL" },
  { key: "objectStore", capability: "objectStore", needed: "a map with at least `bucket`" },
  { key: "objectStoreKeys", capability: "objectStore", needed: null },
] as const;

/** The last port has none after it, so there is no gRPC unless a port is named. */
const portAfter = (port: number) => (port === 65_535 ? 0 : port + 1);

/** What no single key can tell. */
function jointProblems({ given, sealed }: GivenConfig): StackConfigProblem[] {
  const samePort = given.port === given.grpcPort && given.port !== undefined && given.port !== 0;
  const ports = samePort
    ? [
        {
          key: `${namespace}grpcPort`,
          value: shown(given.grpcPort, false),
          allowed: "another port than bedplate:port, or 0 for none",
          fix: setCommand("grpcPort"),
        },
      ]
    : [];
  const byFlavor = flavored.flatMap(({ key, capability, needed }) => {
    const flavor = `flavors.${capability}`;
    const existing = at(given, ["flavors", capability]) === "existing";
    const present = sealed.has(key) || given[key] !== undefined;
    if (existing ? present || needed === null : !present) return [];
    const allowed = existing
      ? `${needed}, because ${flavor} is existing`
      : `nothing, unless ${flavor} is existing`;
    const fix = existing ? setCommand(key) : `remove it, or set ${namespace}${flavor} to existing`;
    const value = sealed.has(key) ? "(secret)" : shown(given[key], secretKeys.has(key));
    return [{ key: namespace + key, value, allowed, fix }];
  });
  return [...ports, ...byFlavor];
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
  const read = readConfigValues(values, localKind);
  const result = stackConfigSchema.safeParse(read.given);
  const problems = [
    ...(result.error?.issues ?? []).flatMap((issue) => issueProblems(issue, read.given, localKind)),
    ...jointProblems(read),
  ];
  if (!result.success || problems.length > 0) throw new StackConfigError(problems);
  const config = result.data;
  return {
    ...config,
    grpcPort: config.grpcPort ?? portAfter(config.port),
    dataDir: resolve(root, config.dataDir),
    training: { ...config.training, programRoot: resolve(root, config.training.programRoot) },
  };
}
