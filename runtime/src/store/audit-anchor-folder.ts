import { mkdir, open, readdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { type AuditAnchor, auditAnchor } from "@bedplate/contract";
import type { AuditAnchors } from "../domain/audit-anchors.ts";

const digits = 16;
const pattern = /^\d{16}\.json$/;

/** Keeps anchors in a folder of the object store, a file each, named by the number of the entry. */
export async function openAuditAnchorFolder(root: string, limit: number): Promise<AuditAnchors> {
  const folder = join(root, "audit-anchors");
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const names = async () => (await readdir(folder)).filter((name) => pattern.test(name)).sort();

  return {
    async keep(anchor) {
      const name = `${String(anchor.sequence).padStart(digits, "0")}.json`;
      const existing = await names();
      if (existing.includes(name)) return;
      await writeWhole(folder, name, anchor);
      for (const old of existing.slice(0, Math.max(0, existing.length + 1 - limit))) {
        await rm(join(folder, old), { force: true });
      }
    },

    async list() {
      const read = async (name: string) =>
        auditAnchor.parse(JSON.parse(await readFile(join(folder, name), "utf8")));
      return await Promise.all((await names()).map(read));
    },

    close: () => {},
  };
}

/** A crash leaves no half anchor: the file gets its name when it is whole and on disk. */
async function writeWhole(folder: string, name: string, anchor: AuditAnchor): Promise<void> {
  const partial = join(folder, `${name}.${process.pid}.partial`);
  const file = await open(partial, "w", 0o400);
  try {
    await file.writeFile(`${JSON.stringify(anchor)}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(partial, join(folder, name));
}
