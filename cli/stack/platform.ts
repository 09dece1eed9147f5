import { platformOutputs } from "@bedplate/contract";
import { askEngine } from "../engine/engine-run.ts";
import { openEngine } from "../engine/session.ts";
import { hasState } from "../engine/state.ts";
import { Problem } from "../problem.ts";
import { runningRuntime } from "./runtime-process.ts";
import type { LocalStack, Stack } from "./stack.ts";

/** What `bedplate status --json` answers. */
export interface Status {
  readonly stack: string;
  readonly url: string;
  /** Address of the gRPC surface; null while there is none. */
  readonly grpcAddress: string | null;
  readonly tokenFile: string;
  readonly dataDir: string;
  readonly pid: number;
  /** Version of the platform that made the stack. */
  readonly version: string;
}

/** The command that brings a stack up. */
export function start(stack: Stack): string {
  return stack.name === "local" ? "`npm start`" : `\`npx bedplate up --stack ${stack.name}\``;
}

/** What the stack's outputs say, whether or not the runtime runs. Throws a `Problem` where there is no stack. */
export async function readOutputs(stack: LocalStack) {
  const nothing = new Problem(
    `Nothing runs: the stack ${stack.name} is not up (data folder ${stack.dataDir}); ${start(stack)} brings it up.`,
  );
  if (!hasState(stack)) throw nothing;
  const session = await openEngine(stack);
  const args = ["stack", "output", "--json", "--stack", stack.name];
  const result = platformOutputs.safeParse(JSON.parse(await askEngine(session, args)));
  if (!result.success) throw nothing;
  return { session, outputs: result.data };
}

/** The running platform. Throws a `Problem` where it does not run. */
export async function readStatus(stack: LocalStack): Promise<Status> {
  const { outputs } = await readOutputs(stack);
  const pid = runningRuntime(stack.dataDir);
  if (pid === undefined) {
    throw new Problem(
      `The runtime of the stack ${stack.name} has stopped; ${start(stack)} brings it back with all its data.`,
    );
  }
  const { url, grpcAddress, tokenFile, dataDir, release: version } = outputs;
  return { stack: stack.name, url, grpcAddress, tokenFile, dataDir, pid, version };
}
