import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseStackConfig, type StackConfig, StackConfigError } from "@bedplate/stacks/config.ts";
import { repositoryRoot } from "@bedplate/tools/engine";
import { parse, YAMLParseError } from "yaml";
import { Problem } from "../problem.ts";
import { effectiveStackFile, type StackFile, stackFile } from "./stack-file.plan.ts";

/** What every command about a stack is told. */
export interface StackOptions {
  readonly stack: string;
  /** Takes the place of `bedplate:dataDir` in the stack's config. */
  readonly dataDir?: string;
  /** Config values that take the place of the file's, by full key. */
  readonly config?: Readonly<Record<string, string>>;
}

/** A stack that is configured; it need not run. */
export interface Stack {
  readonly name: string;
  readonly config: StackConfig;
  /** The committed file, with what the command line said. */
  readonly file: StackFile;
  readonly dataDir: string;
  /** Folder of the engine's state, passphrase and effective config, inside the data folder. */
  readonly engineDir: string;
}

const stacksDir = join(repositoryRoot, "stacks");

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

/** Reads and checks a stack's config. Throws a `Problem` that names everything wrong with it. */
export function openStack(options: StackOptions): Stack {
  const overrides = {
    ...options.config,
    ...(options.dataDir !== undefined && { "bedplate:dataDir": resolve(options.dataDir) }),
  };
  const file = effectiveStackFile(readFile(options.stack), undefined, overrides);
  try {
    const config = parseStackConfig(file.config ?? {}, repositoryRoot);
    return {
      name: options.stack,
      config,
      file,
      dataDir: config.dataDir,
      engineDir: join(config.dataDir, "engine"),
    };
  } catch (error) {
    if (!(error instanceof StackConfigError)) throw error;
    throw new Problem(`${error.message}\nThe file is stacks/Pulumi.${options.stack}.yaml`);
  }
}
