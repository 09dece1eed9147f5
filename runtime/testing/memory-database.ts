import { randomUUID } from "node:crypto";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { PGlite } from "@electric-sql/pglite";
import manifest from "../package.json" with { type: "json" };
import { openMemoryDatabase } from "../src/store/database.ts";

const cache = join(import.meta.dirname, "..", "..", "node_modules", ".cache", "bedplate");
const file = join(cache, `pglite-${manifest.dependencies["@electric-sql/pglite"]}.tar`);

/** Making a database's first files takes seconds, loading them a fraction of one: they are made once a machine. */
async function template(): Promise<Blob> {
  try {
    return new Blob([await readFile(file)]);
  } catch {
    const empty = await PGlite.create();
    const files = await empty.dumpDataDir("none");
    await empty.close();
    await mkdir(cache, { recursive: true });
    const partial = `${file}.${randomUUID()}`;
    await writeFile(partial, Buffer.from(await files.arrayBuffer()));
    await rename(partial, file);
    return files;
  }
}

/** An empty database in memory with all tables, gone when closed. */
export async function openTestDatabase(): ReturnType<typeof openMemoryDatabase> {
  return await openMemoryDatabase(await template());
}
