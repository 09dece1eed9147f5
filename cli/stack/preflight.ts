import { accessSync, constants, existsSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { dataFolderVersion } from "@bedplate/contract";
import { mendingRules, ruleTexts } from "@bedplate/policies/rules/index.ts";
import { clusterProblem } from "@bedplate/stacks/cluster/api-server.ts";
import { ruleProblems } from "../policy/pack-config.plan.ts";
import { isPortTaken, runningRuntime } from "./runtime-process.ts";
import type { ClusterStack, LocalStack, Stack } from "./stack.ts";

/** The deepest part of a path that exists. */
function nearest(path: string): string {
  return existsSync(path) || dirname(path) === path ? path : nearest(dirname(path));
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "no access";
}

function folderProblem(folder: string): string | undefined {
  const existing = nearest(folder);
  try {
    if (!statSync(existing).isDirectory())
      return `The data folder ${folder} cannot be made: ${existing} is a file.`;
    accessSync(existing, constants.R_OK | constants.W_OK | constants.X_OK);
    return undefined;
  } catch (error) {
    const what = existing === folder ? "be written" : `be made: ${existing} is not writable`;
    return `The data folder ${folder} cannot ${what} (${codeOf(error)}): correct its permissions, or choose another with --data-dir.`;
  }
}

function versionProblem(folder: string): string | undefined {
  const file = join(folder, "version");
  if (!existsSync(file)) return undefined;
  const found = readFileSync(file, "utf8").trim().slice(0, 40);
  if (found === String(dataFolderVersion)) return undefined;
  return `The data folder ${folder} has layout version "${found}" and this release works with ${dataFolderVersion}: use the release that made it, or choose another folder with --data-dir.`;
}

function tokenProblem(folder: string): string | undefined {
  const file = join(folder, "secrets", "admin-token");
  if (!existsSync(file)) return undefined;
  try {
    if (readFileSync(file, "utf8").trim() !== "") return undefined;
    return `The token file ${file} is empty: delete it and a new token is made.`;
  } catch (error) {
    return `The token file ${file} cannot be read (${codeOf(error)}): correct its owner and mode (0600), or delete it and a new token is made.`;
  }
}

async function portProblem(stack: LocalStack, key: "port" | "grpcPort"): Promise<string | undefined> {
  const port = stack.config[key];
  if (port === 0 || runningRuntime(stack.dataDir) !== undefined || !(await isPortTaken(port)))
    return undefined;
  return `Port ${port} is in use by another program: stop that one (\`ss -ltnp\` names it), or set another bedplate:${key} in stacks/Pulumi.${stack.name}.yaml.`;
}

const problemsOfRules = ({ policies }: Stack) =>
  ruleProblems(
    policies,
    ruleTexts.map(({ id }) => id),
    mendingRules,
  );

async function localProblems(stack: LocalStack): Promise<(string | undefined)[]> {
  return [
    versionProblem(stack.dataDir),
    tokenProblem(stack.dataDir),
    await portProblem(stack, "port"),
    await portProblem(stack, "grpcPort"),
  ];
}

const clusterProblems = async ({ access, name }: ClusterStack) => [await clusterProblem(access, name)];

/** What would make an `up` of this stack fail, a sentence each; looks only, changes nothing. */
export async function preflight(stack: Stack): Promise<string[]> {
  const folder = folderProblem(stack.dataDir);
  if (folder !== undefined) return [folder];
  const own = await (stack.kind === "local" ? localProblems(stack) : clusterProblems(stack));
  return [...problemsOfRules(stack), ...own].filter((problem) => problem !== undefined);
}
