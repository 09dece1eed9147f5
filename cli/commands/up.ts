import { join } from "node:path";
import { takeLock } from "@bedplate/tools/setup/lock.mjs";
import { elapsed } from "@bedplate/tools/setup/progress.mjs";
import { clearDeadLocks } from "../engine/dead-locks.ts";
import { countChanged } from "../engine/engine-output.plan.ts";
import { runEngine } from "../engine/engine-run.ts";
import { openEngine, prepareStack } from "../engine/session.ts";
import { Problem, problems } from "../problem.ts";
import { readStatus } from "../stack/platform.ts";
import { preflight } from "../stack/preflight.ts";
import { openStack, type StackOptions } from "../stack/stack.ts";
import { guide } from "./status.ts";

/** `bedplate up`: brings the stack up through the engine, its preview and the mandatory policies first. */
export async function up(options: StackOptions & { readonly guide: boolean }): Promise<void> {
  const started = Date.now();
  const stack = openStack(options);
  const found = await preflight(stack);
  if (found.length > 0) throw problems(found);
  const session = await openEngine(stack);
  const release = takeLock(
    join(stack.engineDir, "bedplate.lock"),
    `\`bedplate up\` of the stack ${stack.name}`,
  );
  try {
    await prepareStack(stack, session);
    await clearDeadLocks(stack, session);
    const policies = ["--policy-pack", "policies"];
    const config = ["--stack", stack.name, "--config-file", session.configFile];
    const quiet = ["--suppress-outputs", "--suppress-progress"];
    const { ok, changes } = await runEngine(session, [
      "up",
      "--yes",
      "--refresh",
      ...policies,
      ...config,
      ...quiet,
    ]);
    if (!ok) throw new Problem(`The stack ${stack.name} did not come up; the reason is above.`);
    const changed = changes === undefined ? undefined : countChanged(changes);
    const time = elapsed(Date.now() - started);
    const status = await readStatus(stack);
    console.error(
      changed === 0
        ? `Nothing to change: the stack ${stack.name} is up at ${status.url} (checked in ${time}).`
        : `The stack ${stack.name} is up at ${status.url} (${changed ?? "?"} changes in ${time}).`,
    );
    if (options.guide) console.log(guide(status));
  } finally {
    release();
  }
}
