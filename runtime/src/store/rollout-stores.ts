import type { Settings } from "@bedplate/contract";
import type { Database } from "./database.ts";
import { createRolloutCountStore, type RolloutCountStore } from "./rollout-count-store.ts";
import { createRolloutStore, type RolloutStore, type RolloutStoreOptions } from "./rollout-store.ts";

export interface RolloutStores {
  readonly rollouts: RolloutStore;
  readonly rolloutCounts: RolloutCountStore;
}

/** Rollouts of an installation, and what its replicas count of them. */
export function createRolloutStores(
  db: Database,
  { environment, rollouts: { limit } }: Pick<Settings, "environment" | "rollouts">,
  options: Pick<RolloutStoreOptions, "clock" | "governance">,
): RolloutStores {
  return {
    rollouts: createRolloutStore(db, { ...options, environment, limit }),
    rolloutCounts: createRolloutCountStore(db),
  };
}
