import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Database } from "../../runtime/src/store/database.ts";
import { openTestDatabase } from "../../runtime/testing/memory-database.ts";
import { openPostgresDatabase } from "../support/postgres-database.ts";
import type { HarnessOptions } from "./harness.ts";

/** An empty database with all tables, and a folder; both go when it is closed. */
export interface HarnessDatabase {
  readonly db: Database;
  readonly folder: string;
  readonly close: () => Promise<void>;
}

export async function openHarnessDatabase(
  { database }: HarnessOptions,
  poolSize: number,
): Promise<HarnessDatabase> {
  if (database === "postgres") return await openPostgresDatabase(poolSize);
  const folder = await mkdtemp(join(tmpdir(), "bedplate-verify-"));
  const { db, close } = await openTestDatabase();
  return { db, folder, close: () => close().then(() => rm(folder, { recursive: true })) };
}
