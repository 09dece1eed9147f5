import type { LockedModel } from "./alias-history-store.ts";
import { lockModel, noVersion, requireVersion, touchModel } from "./alias-store.ts";
import type { Database } from "./database.ts";
import { loadVersions, type ModelVersion, type ModelVersionRow } from "./model-version-rows.ts";

export async function getVersion(db: Database, name: string, number: number): Promise<ModelVersion> {
  const row = await versionRow(db, name, number).executeTakeFirst();
  const [found] = row === undefined ? [] : await loadVersions(db, [row]);
  if (found === undefined) throw noVersion(name, number);
  return found;
}

/** Changes a version while no other writer touches its model. */
export async function changeVersion(
  db: Database,
  clock: () => number,
  name: string,
  number: number,
  write: (trx: Database, model: LockedModel) => Promise<unknown>,
): Promise<void> {
  await db.transaction().execute(async (trx) => {
    const model = await lockModel(trx, name);
    await requireVersion(trx, name, number);
    await touchModel(trx, name, clock());
    await write(trx, model);
  });
}

export const setVersion = (trx: Database, name: string, number: number, values: Partial<ModelVersionRow>) =>
  trx
    .updateTable("model_versions")
    .set(values)
    .where("name", "=", name)
    .where("version", "=", number)
    .execute();

const versionRow = (db: Database, name: string, number: number) =>
  db.selectFrom("model_versions").selectAll().where("name", "=", name).where("version", "=", number);
