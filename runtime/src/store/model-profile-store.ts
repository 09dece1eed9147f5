import { type ModelProfile, modelProfile } from "../domain/model-profile.ts";
import type { Database } from "./database.ts";

/** Profiles that are kept; the oldest go first. */
const profileLimit = 100_000;

/**
 * Keeps what was measured of models, so that a service that starts again need not measure it again. `machine` tells
 * processors and versions apart, because measurements hold for the same ones only.
 */
export function createModelProfileStore(db: Database, clock: () => number, machine: string) {
  return {
    async get(digest: string): Promise<ModelProfile | null> {
      const row = await db
        .selectFrom("model_profiles")
        .select("profile")
        .where("digest", "=", digest)
        .where("machine", "=", machine)
        .executeTakeFirst();
      // A profile of another release is measured anew.
      const parsed = row === undefined ? null : modelProfile.safeParse(JSON.parse(row.profile));
      return parsed?.success === true ? parsed.data : null;
    },

    async put(digest: string, profile: ModelProfile): Promise<void> {
      const row = { profile: JSON.stringify(profile), measured_at: clock() };
      await db
        .insertInto("model_profiles")
        .values({ digest, machine, ...row })
        .onConflict((conflict) => conflict.columns(["digest", "machine"]).doUpdateSet(row))
        .execute();
      const oldest = db
        .selectFrom("model_profiles")
        .select("measured_at")
        .orderBy("measured_at", "desc")
        .offset(profileLimit)
        .limit(1);
      await db.deleteFrom("model_profiles").where("measured_at", "<=", oldest).execute();
    },
  };
}
