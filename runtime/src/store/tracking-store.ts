import type { Database } from "./database.ts";
import { createExperimentStore } from "./experiment-store.ts";
import { createLoggedModelStore } from "./logged-model-store.ts";
import { createMetricStore } from "./metric-store.ts";
import { createRunInputStore } from "./run-input-store.ts";
import { searchRuns } from "./run-search.ts";
import { createRunStore } from "./run-store.ts";
import { createRunTagStore } from "./run-tag-store.ts";
import { isExperimentSeen, isSeen, type Sight } from "./team-sight.ts";
import { createTraceStore } from "./trace-store.ts";

/** Experiments, runs, metrics, logged models and traces. */
export function createTrackingStore(db: Database, clock: () => number = Date.now) {
  return {
    experiments: createExperimentStore(db, clock),
    runs: {
      ...createRunStore(db, clock),
      ...createRunTagStore(db),
      ...createRunInputStore(db),
      search: searchRuns.bind(null, db),
    },
    metrics: createMetricStore(db),
    loggedModels: createLoggedModelStore(db, clock),
    traces: createTraceStore(db, clock),

    async count(sight: Sight = null): Promise<{ experiments: number; runs: number }> {
      const row = await db
        .selectNoFrom((eb) => [
          eb
            .selectFrom("experiments")
            .select(eb.fn.countAll().as("n"))
            .where(isSeen(sight, "team"))
            .as("experiments"),
          eb
            .selectFrom("runs")
            .select(eb.fn.countAll().as("n"))
            .where(isExperimentSeen(sight, "experiment_id"))
            .as("runs"),
        ])
        .executeTakeFirstOrThrow();
      return { experiments: Number(row.experiments), runs: Number(row.runs) };
    },
  };
}

export type TrackingStore = ReturnType<typeof createTrackingStore>;
