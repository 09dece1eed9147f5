import { randomBytes } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { mkdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ruleTexts } from "@bedplate/policies/rules/index.ts";
import { type Engine, EngineNotFound, engineEnvironment, findEngine } from "@bedplate/tools/engine";
import { takeLock } from "@bedplate/tools/setup/lock.mjs";
import { execa } from "execa";
import { parse, stringify } from "yaml";
import { packConfig } from "../policy/pack-config.plan.ts";
import { Problem } from "../problem.ts";
import { showProgress } from "../progress.ts";
import type { Stack } from "../stack/stack.ts";
import { effectiveStackFile, stackFile } from "../stack/stack-file.plan.ts";
import { hasState, projectName } from "./state.ts";
import { wrapperScript } from "./wrapper.plan.ts";

/** An engine that is ready to work on one stack. */
export interface EngineSession {
  readonly engine: Engine;
  /** Variables for the engine, on top of this process's own. */
  readonly environment: Record<string, string>;
  /** The effective config of the stack. */
  readonly configFile: string;
  /** Levels and exemptions of the policy pack. */
  readonly policyFile: string;
}

const passphraseBytes = 32;
const ruleIds = ruleTexts.map(({ id }) => id);
const initTimeoutMs = 60_000;

async function replaceFile(path: string, text: string, mode: number): Promise<void> {
  await writeFile(`${path}.new`, text, { mode });
  await rename(`${path}.new`, path);
}

function environmentOf(stack: Stack, engine: Engine): Record<string, string> {
  const environment = engineEnvironment({
    home: engine.home,
    backendDir: stack.backendDir,
    passphraseFile: join(stack.backendDir, "passphrase"),
    command: engine.command,
  });
  return { ...environment, PULUMI_STACK: stack.name };
}

/** Makes the stack in the state, with a project of its own so that its salt is not written into the repository. */
async function createStack(stack: Stack, session: EngineSession): Promise<void> {
  const folder = join(stack.engineDir, "init");
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const project = { name: projectName(), runtime: "nodejs", stackConfigDir: ".." };
  await writeFile(join(folder, "Pulumi.yaml"), stringify(project));
  const args = [
    "stack",
    "init",
    stack.name,
    "--secrets-provider",
    "passphrase",
    "--no-select",
    "--non-interactive",
  ];
  const result = await execa(session.engine.command, args, {
    cwd: folder,
    env: { ...session.environment, PULUMI_CONFIG_PASSPHRASE: undefined },
    reject: false,
    timeout: initTimeoutMs,
  });
  if (result.exitCode !== 0) throw new Problem(`The engine cannot make the stack: ${result.stderr.trim()}`);
}

function saltIn(configFile: string): string | undefined {
  if (!existsSync(configFile)) return undefined;
  return stackFile.safeParse(parse(readFileSync(configFile, "utf8"))).data?.encryptionsalt;
}

async function writeConfig(stack: Stack, configFile: string, salt: string | undefined): Promise<void> {
  const text = stringify(effectiveStackFile(stack.file, salt, {}));
  await replaceFile(
    configFile,
    `# Written by bedplate from stacks/Pulumi.${stack.name}.yaml\n${text}`,
    0o600,
  );
}

async function writeWrapper(stack: Stack, session: EngineSession): Promise<void> {
  const folder = join(stack.engineDir, "bin");
  await mkdir(folder, { recursive: true });
  await replaceFile(
    join(folder, "pulumi"),
    wrapperScript(session.engine.command, stack.name, session.configFile),
    0o755,
  );
}

/** The engine and its variables, for a stack that may not exist yet; changes nothing in the data folder. */
export async function openEngine(stack: Stack): Promise<EngineSession> {
  try {
    const engine = await showProgress("looking for a Pulumi engine", (tell) =>
      findEngine({ onProgress: tell }),
    );
    const configFile = join(stack.engineDir, `Pulumi.${stack.name}.yaml`);
    const policyFile = join(stack.engineDir, "policies.json");
    return { engine, environment: environmentOf(stack, engine), configFile, policyFile };
  } catch (error) {
    throw error instanceof EngineNotFound ? new Problem(error.message) : error;
  }
}

/** Makes what the engine needs to work on the stack: passphrase, state, effective config. Keeps what is there. */
export async function prepareStack(stack: Stack, session: EngineSession): Promise<void> {
  const passphrase = join(stack.backendDir, "passphrase");
  const created = !hasState(stack);
  if (!existsSync(passphrase)) {
    if (!created)
      throw new Problem(
        `The file ${passphrase} is missing, and the stack's state cannot be read without it.`,
      );
    await replaceFile(passphrase, randomBytes(passphraseBytes).toString("base64url"), 0o600);
  }
  if (created) {
    await writeConfig(stack, session.configFile, undefined);
    await createStack(stack, session);
  }
  await writeConfig(stack, session.configFile, saltIn(session.configFile));
  await replaceFile(session.policyFile, JSON.stringify(packConfig(stack.policies, ruleIds)), 0o600);
  await writeWrapper(stack, session);
}

/** The flags that switch our policy pack on. */
export function withPolicies({ policyFile }: EngineSession): string[] {
  return ["--policy-pack", "policies", "--policy-pack-config", policyFile];
}

/** The flags that name the stack and its effective config. */
export function onStack(stack: Stack, session: EngineSession): string[] {
  return ["--stack", stack.name, "--config-file", session.configFile];
}

/** What a command does to a stack. */
export type Verb = "up" | "preview" | "down";

/** Keeps two commands from changing one data folder at once. Throws `LockHeld`, which names the other. */
export function lockStack(stack: Stack, verb: Verb): () => void {
  return takeLock(join(stack.engineDir, "bedplate.lock"), `\`bedplate ${verb}\` of the stack ${stack.name}`);
}
