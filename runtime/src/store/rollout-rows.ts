import type { Rollout, RolloutChange } from "@bedplate/contract";
import type { Selectable } from "kysely";
import { Problem } from "../domain/problem.ts";
import { candidatesOf } from "../domain/rollout-plan.ts";
import type { RolloutStep } from "../domain/rollout-transition.ts";
import type { Database } from "./database.ts";
import { announce } from "./outbox.ts";
import type { Tables } from "./tables.ts";

type Row = Selectable<Tables["rollouts"]>;

export function rolloutOf(row: Row): Rollout {
  const { id, model, environment, spec, state, revision, baseline, champion, position, reason } = row;
  return {
    ...{ id, model, environment, spec, state, revision, baseline, champion, position, reason },
    positionSince: row.position_since,
    createdBy: row.created_by,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    endedAt: row.ended_at,
  };
}

export function changeOf(row: Selectable<Tables["rollout_changes"]>): RolloutChange {
  const { sequence, time, actor, action, state, revision, position, champion, reason } = row;
  return { sequence, time, actor, action, state, revision, position, champion, reason };
}

/** Who changes a rollout, when and why. */
export interface Doer {
  readonly actor: string;
  readonly time: number;
  readonly reason?: string | undefined;
}

/** What a library says of a file that it cannot load may be long. */
const reasonLimit = 2_000;

export const noRollout = (model: string, id: string) =>
  new Problem("NOT_FOUND", `"${model.slice(0, 200)}" has no rollout ${id.slice(0, 100)}.`);

/** The rollout of a model that is under way; null where none is. */
export async function activeRollout(db: Database, model: string): Promise<Rollout | null> {
  const query = db.selectFrom("rollouts").selectAll().where("model", "=", model);
  const row = await query.where("ended_at", "is", null).executeTakeFirst();
  return row === undefined ? null : rolloutOf(row);
}

/** Changes a rollout, writes that down and announces it; under the model's lock, which all who change one take first. */
export async function writeStep(
  trx: Database,
  before: Rollout,
  step: RolloutStep,
  by: Doer,
): Promise<Rollout> {
  const { state, position, champion, action } = step;
  const isEnd = state !== "running" && state !== "paused";
  const begins = position !== before.position || action === "resumed";
  const row = await trx
    .updateTable("rollouts")
    .set({
      state,
      position,
      champion,
      revision: before.revision + 1,
      updated_at: by.time,
      reason: by.reason?.slice(0, reasonLimit) ?? null,
      ...(begins ? { position_since: by.time } : {}),
      ...(isEnd ? { ended_at: by.time } : {}),
    })
    .where("id", "=", before.id)
    .returningAll()
    .executeTakeFirstOrThrow();
  const after = rolloutOf(row);
  await tell(trx, after, action, by);
  return after;
}

/** Writes a change of a rollout down for good and announces it. */
export async function tell(
  trx: Database,
  rollout: Rollout,
  action: RolloutStep["action"],
  { actor, time, reason: given }: Doer,
): Promise<void> {
  const reason = given?.slice(0, reasonLimit);
  const { id, model, spec, state, revision, position, champion } = rollout;
  const facts = { action, state, revision, position, champion };
  const change = { rollout_id: id, time, actor, reason: reason ?? null, ...facts };
  await trx.insertInto("rollout_changes").values(change).execute();
  const data = {
    rolloutId: id,
    model,
    strategy: spec.strategy,
    candidates: [...candidatesOf(spec)],
    ...facts,
    ...(reason === undefined ? {} : { reason }),
  };
  await announce(trx, { type: "dev.bedplate.rollout.changed", subject: model, actor, time, data });
}
