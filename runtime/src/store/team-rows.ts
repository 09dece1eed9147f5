import type { Selectable } from "kysely";
import { Problem } from "../domain/problem.ts";
import type { Database } from "./database.ts";
import type { Tables } from "./tables.ts";

export type TeamRow = Selectable<Tables["teams"]>;

/** A team, under a lock where its change follows. Throws NOT_FOUND. */
export async function findTeam(db: Database, name: string, locked = false): Promise<TeamRow> {
  const query = db.selectFrom("teams").selectAll().where("name", "=", name);
  const row = await (locked ? query.forUpdate() : query).executeTakeFirst();
  if (row === undefined) throw new Problem("NOT_FOUND", `There is no team "${name.slice(0, 100)}".`);
  return row;
}
