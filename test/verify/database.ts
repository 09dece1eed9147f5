import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Database, openDatabase } from "../../runtime/src/store/database.ts";
import { openTestDatabase } from "../../runtime/testing/memory-database.ts";
import { startPostgres } from "../../tools/peers/postgres.ts";
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
  const folder = await mkdtemp(join(tmpdir(), "bedplate-verify-"));
  const remove = () => rm(folder, { recursive: true });
  if (database === "pglite") {
    const { db, close } = await openTestDatabase();
    return { db, folder, close: () => close().then(remove) };
  }
  const server = await startPostgres();
  const urlFile = join(folder, "url");
  await writeFile(urlFile, await server.createDatabase("verify"), { mode: 0o600 });
  const { db, close } = await openDatabase({ kind: "postgres", urlFile, poolSize });
  return { db, folder, close: () => close().then(server.stop).then(remove) };
}
