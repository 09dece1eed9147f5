import { Problem } from "../domain/problem.ts";
import { candidatesOf } from "../domain/rollout-plan.ts";
import type { Database } from "./database.ts";
import { activeRollout, type Doer, writeStep } from "./rollout-rows.ts";

/** Ends a model's rollout when the champion becomes another than the one that it knows. */
export async function supersedeRollout(
  trx: Database,
  model: string,
  champion: number | null,
  by: Omit<Doer, "reason">,
): Promise<void> {
  const rollout = await activeRollout(trx, model);
  if (rollout === null || rollout.champion === champion) return;
  const reason = champion === null ? "The champion was taken away." : `Version ${champion} became champion.`;
  const { position } = rollout;
  const step = { action: "superseded", state: "superseded", position, move: null } as const;
  await writeStep(trx, rollout, { ...step, champion: rollout.champion }, { ...by, reason });
}

/** Ends a model's rollout before the model goes with all that is kept of it. */
export async function endRolloutOfModel(
  trx: Database,
  model: string,
  by: Omit<Doer, "reason">,
): Promise<void> {
  const rollout = await activeRollout(trx, model);
  if (rollout === null) return;
  const { position, champion } = rollout;
  const step = { action: "superseded", state: "superseded", position, champion, move: null } as const;
  await writeStep(trx, rollout, step, { ...by, reason: "The model was deleted." });
}

/** Throws CONFLICT for a version that a rollout needs. */
export async function requireNotInRollout(trx: Database, model: string, version: number): Promise<void> {
  const rollout = await activeRollout(trx, model);
  if (rollout === null) return;
  const { id, spec, champion, baseline } = rollout;
  if (![champion, baseline, ...candidatesOf(spec)].includes(version)) return;
  throw new Problem(
    "CONFLICT",
    `Version ${version} of "${model}" is in the rollout ${id}, which is under way; end that first.`,
  );
}
