import { createAliasStore } from "./alias-store.ts";
import type { Database } from "./database.ts";
import { createModelVersionStore } from "./model-version-store.ts";
import { createRegisteredModelStore } from "./registered-model-store.ts";
import { listModels, summarizeModel } from "./registry-summary.ts";

/** Registered models, their versions and aliases. */
export function createRegistryStore(db: Database, clock: () => number = Date.now) {
  return {
    models: createRegisteredModelStore(db, clock),
    versions: createModelVersionStore(db, clock),
    ...createAliasStore(db, clock),
    list: listModels.bind(null, db),
    get: summarizeModel.bind(null, db),

    async count(): Promise<number> {
      const row = await db
        .selectFrom("registered_models")
        .select((eb) => eb.fn.countAll().as("n"))
        .executeTakeFirstOrThrow();
      return Number(row.n);
    },
  };
}

export type RegistryStore = ReturnType<typeof createRegistryStore>;
