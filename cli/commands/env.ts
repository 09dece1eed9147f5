import { readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { type EngineSession, openEngine, prepareStack } from "../engine/session.ts";
import { Problem } from "../problem.ts";
import { exportLine } from "../shell-quote.plan.ts";
import { makeDataFolder } from "../stack/data-folder.ts";
import { readOutputs } from "../stack/platform.ts";
import { runningRuntime } from "../stack/runtime-process.ts";
import {
  type ClusterStack,
  type LocalStack,
  openStack,
  type Stack,
  type StackOptions,
} from "../stack/stack.ts";

/** The platform's token. Throws a `Problem` where its file cannot be read. */
export function readToken(file: string): string {
  try {
    return readFileSync(file, "utf8").trim();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Problem(`The token file cannot be read (${reason}): correct its owner and mode (0600).`);
  }
}

/** Variables under which plain `pulumi` works on a stack, our config of it taken. */
function engineVariables(stack: Stack, { environment }: EngineSession): Record<string, string> {
  const { PATH = "", ...engine } = environment;
  return { ...engine, PATH: [join(stack.engineDir, "bin"), PATH].join(delimiter) };
}

async function localVariables(stack: LocalStack): Promise<Record<string, string>> {
  const { session, outputs } = await readOutputs(stack);
  const token = readToken(outputs.tokenFile);
  if (runningRuntime(stack.dataDir) === undefined)
    console.error("The runtime has stopped; `npm start` brings it back.");
  return {
    MLFLOW_TRACKING_URI: outputs.url,
    MLFLOW_TRACKING_TOKEN: token,
    BEDPLATE_URL: outputs.url,
    BEDPLATE_TOKEN: token,
    ...engineVariables(stack, session),
  };
}

/** Only the engine's, also before the stack is up: its secrets are set with plain `pulumi`. */
async function clusterVariables(stack: ClusterStack): Promise<Record<string, string>> {
  makeDataFolder(stack);
  const session = await openEngine(stack);
  await prepareStack(stack, session);
  const { kubeconfig } = stack.access;
  return { ...(kubeconfig !== undefined && { KUBECONFIG: kubeconfig }), ...engineVariables(stack, session) };
}

/** `bedplate env`: the variables under which MLflow clients, curl and plain `pulumi` work on this stack. */
export async function env(options: StackOptions & { readonly json: boolean }): Promise<void> {
  const stack = await openStack(options);
  const variables = await (stack.kind === "local" ? localVariables(stack) : clusterVariables(stack));
  if (options.json) console.log(JSON.stringify(variables));
  else
    console.log(
      Object.entries(variables)
        .map(([name, value]) => exportLine(name, value))
        .join("\n"),
    );
}
