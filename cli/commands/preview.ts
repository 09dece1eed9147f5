import { elapsed } from "@bedplate/tools/setup/progress.mjs";
import { readChanges, readSteps } from "../engine/engine-output.ts";
import { runEngine } from "../engine/engine-run.ts";
import { type EngineSession, onStack, withPolicies } from "../engine/session.ts";
import { withEngine } from "../engine/with-engine.ts";
import { engineFailure } from "../problem.ts";
import { openStack, type Stack, type StackOptions } from "../stack/stack.ts";

const counted = (changes: Readonly<Record<string, number>>) =>
  Object.entries(changes)
    .map(([word, count]) => `${count} to ${word === "same" ? "stay" : word}`)
    .join(", ");

async function show(stack: Stack, session: EngineSession, json: boolean): Promise<void> {
  const started = Date.now();
  const args = ["preview", ...withPolicies(session), ...onStack(stack, session), "--suppress-progress"];
  const { ok, interrupted, eventLog } = await runEngine(session, args);
  if (!ok) throw engineFailure(`An \`up\` of the stack ${stack.name} would be refused.`, interrupted);
  const changes = readChanges(eventLog, "preview") ?? {};
  const steps = readSteps(eventLog);
  if (json) console.log(JSON.stringify({ stack: stack.name, kind: stack.kind, changes, steps }));
  console.error(`${stack.name}: ${counted(changes)} (${elapsed(Date.now() - started)}).`);
}

/** `bedplate preview`: what `up` would do, the mandatory policies included; makes nothing of the stack. */
export async function preview(options: StackOptions & { readonly json: boolean }): Promise<void> {
  const stack = await openStack(options);
  await withEngine(stack, "preview", (session) => show(stack, session, options.json));
}
