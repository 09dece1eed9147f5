import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Database, openDatabase } from "../../runtime/src/store/database.ts";
import { startPostgres } from "../../tools/peers/postgres.ts";

/** An empty database with all tables on a server of its own, and a folder; all three go when it is closed. */
export interface PostgresDatabase {
  readonly db: Database;
  readonly folder: string;
  readonly close: () => Promise<void>;
}

/** Starts a real PostgreSQL and opens one database of it, as the service does. */
export async function openPostgresDatabase(poolSize: number): Promise<PostgresDatabase> {
  const folder = await mkdtemp(join(tmpdir(), "bedplate-database-"));
  const server = await startPostgres();
  const urlFile = join(folder, "url");
  await writeFile(urlFile, await server.createDatabase("tests"), { mode: 0o600 });
  const { db, close } = await openDatabase({ kind: "postgres", urlFile, poolSize });
  return {
    db,
    folder,
    async close() {
      await close();
      await server.stop();
      await rm(folder, { recursive: true });
    },
  };
}
