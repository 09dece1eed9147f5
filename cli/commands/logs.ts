import { existsSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { Problem } from "../problem.ts";
import { openLocalStack, type StackOptions } from "../stack/stack.ts";

/** `bedplate logs`: the end of the runtime's log, a JSON object a line. */
export async function logs(
  options: StackOptions & { readonly follow: boolean; readonly lines: number },
): Promise<void> {
  const stack = openLocalStack(options);
  const file = join(stack.dataDir, "logs", "runtime.log");
  if (!existsSync(file))
    throw new Problem(`There is no log: the stack ${stack.name} was never brought up (${file} is missing).`);
  const args = ["-n", String(options.lines), ...(options.follow ? ["-F"] : []), file];
  const ended = await execa("tail", args, { stdio: "inherit", reject: false });
  if (ended.failed && !ended.isTerminated)
    throw new Problem(`The log cannot be shown: ${ended.shortMessage}`);
}
