import { type RawBuilder, sql } from "kysely";
import type { Database } from "../src/store/database.ts";

/** Changes the files of a registered version as only the owner of the database can. */
export async function changePinned(db: Database, statement: RawBuilder<unknown>): Promise<void> {
  await sql`alter table artifacts disable trigger user`.execute(db);
  await statement.execute(db);
  await sql`alter table artifacts enable trigger user`.execute(db);
}
