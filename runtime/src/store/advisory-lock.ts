import { sql } from "kysely";
import type { Database } from "./database.ts";

/** Makes transactions with the same number take turns, over all processes of the database; ends with the transaction. */
export async function lock(trx: Database, number: number): Promise<void> {
  await sql`select pg_advisory_xact_lock(${number}::bigint)`.execute(trx);
}

/** Like `lock`, and false instead of a wait when another transaction has it. */
export async function tryLock(trx: Database, number: number): Promise<boolean> {
  const { rows } = await sql<{
    locked: boolean;
  }>`select pg_try_advisory_xact_lock(${number}::bigint) as locked`.execute(trx);
  return rows[0]?.locked === true;
}
