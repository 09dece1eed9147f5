import { createHash, randomUUID } from "node:crypto";
import { mkdir, readdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { PGlite } from "@electric-sql/pglite";
import manifest from "../package.json" with { type: "json" };
import { openMemoryDatabase } from "../src/store/database.ts";

const cache = join(import.meta.dirname, "..", "..", "node_modules", ".cache", "bedplate");
const migrations = join(import.meta.dirname, "..", "src", "store", "migrations");

/** One name for one PGlite and one set of migrations. */
async function templateFile(): Promise<string> {
  const hash = createHash("sha256").update(manifest.dependencies["@electric-sql/pglite"]);
  for (const name of (await readdir(migrations)).sort()) hash.update(await readFile(join(migrations, name)));
  return join(cache, `pglite-${hash.digest("hex").slice(0, 16)}.tar`);
}

/** Making a database and its tables takes seconds, loading them a fraction of one: they are made once a machine. */
async function template(): Promise<Blob> {
  const file = await templateFile();
  try {
    return new Blob([await readFile(file)]);
  } catch {
    const pglite = await PGlite.create();
    const first = await openMemoryDatabase(pglite);
    const files = await pglite.dumpDataDir("none");
    await first.close();
    await mkdir(cache, { recursive: true });
    const partial = `${file}.${randomUUID()}`;
    await writeFile(partial, Buffer.from(await files.arrayBuffer()));
    await rename(partial, file);
    return files;
  }
}

/** An empty database in memory with all tables, gone when closed. */
export async function openTestDatabase(): ReturnType<typeof openMemoryDatabase> {
  return await openMemoryDatabase(await PGlite.create({ loadDataDir: await template() }));
}
