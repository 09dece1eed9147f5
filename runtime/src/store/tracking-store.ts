import type { Database } from "./database.ts";

export function createTrackingStore(db: Database) {
  return {
    async count(): Promise<{ experiments: number; runs: number }> {
      const row = await db
        .selectNoFrom((eb) => [
          eb.selectFrom("experiments").select(eb.fn.countAll().as("n")).as("experiments"),
          eb.selectFrom("runs").select(eb.fn.countAll().as("n")).as("runs"),
        ])
        .executeTakeFirstOrThrow();
      return { experiments: Number(row.experiments), runs: Number(row.runs) };
    },
  };
}

export type TrackingStore = ReturnType<typeof createTrackingStore>;
