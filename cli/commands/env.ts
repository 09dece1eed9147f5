import { readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { Problem } from "../problem.ts";
import { exportLine } from "../shell-quote.plan.ts";
import { readOutputs } from "../stack/platform.ts";
import { runningRuntime } from "../stack/runtime-process.ts";
import { openStack, type StackOptions } from "../stack/stack.ts";

/** The platform's token. Throws a `Problem` where its file cannot be read. */
export function readToken(file: string): string {
  try {
    return readFileSync(file, "utf8").trim();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Problem(`The token file cannot be read (${reason}): correct its owner and mode (0600).`);
  }
}

/** `bedplate env`: the variables under which MLflow clients, curl and plain `pulumi` work on this stack. */
export async function env(options: StackOptions & { readonly json: boolean }): Promise<void> {
  const stack = openStack(options);
  const { session, outputs } = await readOutputs(stack);
  const token = readToken(outputs.tokenFile);
  const { PATH = "", ...engine } = session.environment;
  const variables = {
    MLFLOW_TRACKING_URI: outputs.url,
    MLFLOW_TRACKING_TOKEN: token,
    BEDPLATE_URL: outputs.url,
    BEDPLATE_TOKEN: token,
    ...engine,
    PATH: [join(stack.engineDir, "bin"), PATH].join(delimiter),
  };
  if (options.json) console.log(JSON.stringify(variables));
  else
    console.log(
      Object.entries(variables)
        .map(([name, value]) => exportLine(name, value))
        .join("\n"),
    );
  if (runningRuntime(stack.dataDir) === undefined)
    console.error("The runtime has stopped; `npm start` brings it back.");
}
