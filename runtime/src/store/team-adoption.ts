import type { Adoption } from "@bedplate/contract";
import { sql } from "kysely";
import { Problem } from "../domain/problem.ts";
import type { Database } from "./database.ts";
import { announce } from "./outbox.ts";
import { findTeam } from "./team-rows.ts";

/** Gives registered models and experiments, with all that hangs on them, to a team. All of them or none. */
export async function adopt(
  db: Database,
  clock: () => number,
  name: string,
  { models, experiments }: Adoption,
  actor: string,
): Promise<void> {
  await db.transaction().execute(async (trx) => {
    await findTeam(trx, name);
    const absent = [
      ...(await take(trx, "registered_models", "name", name, models)).map((id) => `model "${id}"`),
      ...(await take(trx, "experiments", "experiment_id", name, experiments)).map((id) => `experiment ${id}`),
    ];
    if (absent.length > 0) {
      throw new Problem(
        "NOT_FOUND",
        `There is no ${absent.slice(0, 20).join(", no ")}; nothing was changed.`,
      );
    }
    const data = { team: name, models, experiments };
    const event = { subject: `team:${name}`, actor, time: clock(), data };
    await announce(trx, { type: "dev.bedplate.team.adopted", ...event });
  });
}

/** Moves rows to a team, in one order everywhere, and says which are not there. */
async function take(
  trx: Database,
  table: "registered_models" | "experiments",
  key: "name" | "experiment_id",
  team: string,
  ids: readonly string[],
): Promise<readonly string[]> {
  const column = sql.ref(key);
  const { rows } = await sql<{ id: string }>`
    with wanted as (
      select ${column}::text as id from ${sql.table(table)}
      where ${column}::text = any(${[...ids]}::text[]) order by ${column} for update
    )
    update ${sql.table(table)} set team = ${team} where ${column}::text in (select id from wanted)
    returning ${column}::text as id`.execute(trx);
  const moved = new Set(rows.map((row) => row.id));
  return ids.filter((id) => !moved.has(id));
}
