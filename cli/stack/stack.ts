import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { PolicySettings } from "@bedplate/contract";
import type { ClusterAccess } from "@bedplate/stacks/cluster/access.ts";
import { parseStackConfig, type StackConfig, StackConfigError } from "@bedplate/stacks/config.ts";
import { repositoryRoot } from "@bedplate/tools/engine";
import { parse, YAMLParseError } from "yaml";
import { Problem } from "../problem.ts";
import { effectiveStackFile, type StackFile, stackFile } from "./stack-file.plan.ts";

/** What every command about a stack is told. */
export interface StackOptions {
  readonly stack: string;
  /** Takes the place of `bedplate:dataDir` in the stack's config, or of the folder that stacks in clusters share. */
  readonly dataDir?: string;
  /** Config values that take the place of the file's, by full key. */
  readonly config?: Readonly<Record<string, string>>;
}

interface StackParts {
  readonly name: string;
  /** The committed file, with what the command line said. */
  readonly file: StackFile;
  readonly policies: PolicySettings;
  readonly dataDir: string;
  /** Folder of the stack's effective config, lock and levels of policies, inside the data folder. */
  readonly engineDir: string;
  /** Folder of the engine's state and of the passphrase that its secrets are encrypted with. */
  readonly backendDir: string;
}

/** A platform on one machine. It is configured; it need not run. */
export interface LocalStack extends StackParts {
  readonly kind: "local";
  readonly config: StackConfig;
}

/** A platform in a cluster, or a team on one. It is configured; it need not be there. */
export interface ClusterStack extends StackParts {
  readonly kind: "platform" | "team";
  readonly access: ClusterAccess;
}

export type Stack = LocalStack | ClusterStack;

const stacksDir = join(repositoryRoot, "stacks");
/** One folder for all stacks in clusters: a team reads the outputs of its platform in the same state. */
const clusterDataDir = join(repositoryRoot, ".bedplate", "clusters");

function configuredStacks(): string[] {
  return readdirSync(stacksDir).flatMap((name) => /^Pulumi\.(.+)\.yaml$/.exec(name)?.[1] ?? []);
}

function readFile(name: string): StackFile {
  const path = join(stacksDir, `Pulumi.${name}.yaml`);
  if (!/^[a-zA-Z0-9._-]{1,100}$/.test(name) || !existsSync(path)) {
    throw new Problem(
      `There is no stack "${name}": configured are ${configuredStacks().join(", ")} (files in stacks/).`,
    );
  }
  try {
    const result = stackFile.safeParse(parse(readFileSync(path, "utf8")) ?? {});
    if (result.success) return result.data;
    throw new Problem(`${path} is not a stack's config: it needs a map \`config\` of keys and values.`);
  } catch (error) {
    if (error instanceof YAMLParseError) throw new Problem(`${path} is not YAML: ${error.message}`);
    throw error;
  }
}

/** The chart mirror that a stack's file names, whatever else it says; a folder is taken from the repository's root. */
export function configuredMirror(name: string): string | undefined {
  const mirror = readFile(name).config?.["bedplate:chartMirror"];
  if (typeof mirror !== "string") return undefined;
  return mirror.startsWith("oci://") ? mirror : resolve(repositoryRoot, mirror);
}

function explain(error: unknown, name: string): unknown {
  if (!(error instanceof StackConfigError)) return error;
  return new Problem(`${error.message}\nThe file is stacks/Pulumi.${name}.yaml`);
}

function localStack({ stack: name, dataDir, config }: StackOptions, committed: StackFile): LocalStack {
  const overrides = { ...config, ...(dataDir !== undefined && { "bedplate:dataDir": resolve(dataDir) }) };
  const file = effectiveStackFile(committed, undefined, overrides);
  try {
    const checked = parseStackConfig(file.config ?? {}, repositoryRoot);
    const engineDir = join(checked.dataDir, "engine");
    const { dataDir: own, policies } = checked;
    return {
      kind: "local",
      name,
      config: checked,
      file,
      policies,
      dataDir: own,
      engineDir,
      backendDir: engineDir,
    };
  } catch (error) {
    throw explain(error, name);
  }
}

/** The engine copies plain config into its state; encrypted it stays so there. */
function checkSecretsAreSealed({ config }: StackFile, name: string): void {
  const secrets = config?.["bedplate:secrets"];
  const plain =
    typeof secrets === "object" && secrets !== null
      ? Object.entries(secrets).flatMap(([key, value]) => (typeof value === "string" ? [key] : []))
      : secrets === undefined || secrets === null
        ? []
        : ["<name>"];
  if (plain.length === 0) return;
  const commands = plain.map(
    (key) => `  pulumi config set --stack ${name} --secret --path bedplate:secrets.${key} <value>`,
  );
  throw new Problem(
    [
      "bedplate:secrets has values in plain text, and they would stand in the engine's state. Set them encrypted:",
      `  eval "$(npx bedplate env --stack ${name})"`,
      ...commands,
    ].join("\n"),
  );
}

async function clusterStack(options: StackOptions, committed: StackFile): Promise<ClusterStack> {
  const { stack: name, dataDir = clusterDataDir, config = {} } = options;
  const file = effectiveStackFile(committed, undefined, config);
  // Loaded where it is needed: the plans of some fifty add-ons.
  const { checkClusterStack } = await import("@bedplate/stacks/cluster-stack.ts");
  try {
    const { kind, policies, cluster } = checkClusterStack(file.config ?? {}, name);
    checkSecretsAreSealed(file, name);
    const folder = resolve(dataDir);
    const { kubeconfig, context } = cluster;
    return {
      kind,
      name,
      file,
      policies,
      dataDir: folder,
      engineDir: join(folder, name),
      backendDir: join(folder, "engine"),
      access: {
        context,
        // The engine works in the root of the repository.
        kubeconfig: kubeconfig === undefined ? undefined : resolve(repositoryRoot, kubeconfig),
      },
    };
  } catch (error) {
    throw explain(error, name);
  }
}

function isInCluster(options: StackOptions, { config }: StackFile): boolean {
  const kind = options.config?.["bedplate:kind"] ?? config?.["bedplate:kind"];
  return kind === "platform" || kind === "team";
}

/** Reads and checks the config of a stack of any kind. Throws a `Problem` that names everything wrong with it. */
export async function openStack(options: StackOptions): Promise<Stack> {
  const committed = readFile(options.stack);
  return isInCluster(options, committed) ? clusterStack(options, committed) : localStack(options, committed);
}

/**
 * Reads and checks the config of a platform on one machine. Throws a `Problem` that names everything wrong with it, or
 * that it is a stack in a cluster.
 */
export function openLocalStack(options: StackOptions): LocalStack {
  const committed = readFile(options.stack);
  if (!isInCluster(options, committed)) return localStack(options, committed);
  throw new Problem(
    `The stack ${options.stack} is in a cluster: up, preview, down, status, env and policy check work on it. For commands that talk to its service set BEDPLATE_URL and BEDPLATE_TOKEN; the rest tell of one machine.`,
  );
}
