import type { Database } from "./database.ts";

/** A version that an alias names, with the folder of its files in the artifact store. */
export interface AliasedVersion {
  readonly model: string;
  readonly version: number;
  readonly artifactPath: string;
}

export function createRegistryStore(db: Database) {
  return {
    async count(): Promise<number> {
      const row = await db
        .selectFrom("registered_models")
        .select((eb) => eb.fn.countAll().as("n"))
        .executeTakeFirstOrThrow();
      return Number(row.n);
    },

    /** The version of every model that has the alias. */
    async aliased(alias: string): Promise<readonly AliasedVersion[]> {
      return await db
        .selectFrom("model_aliases as a")
        .innerJoin("model_versions as v", (join) =>
          join.onRef("v.name", "=", "a.name").onRef("v.version", "=", "a.version"),
        )
        .select(["v.name as model", "v.version as version", "v.artifact_path as artifactPath"])
        .where("a.alias", "=", alias)
        .orderBy("v.name")
        .execute();
    },
  };
}

export type RegistryStore = ReturnType<typeof createRegistryStore>;
