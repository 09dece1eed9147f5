import { createHistoryStore } from "./alias-history-store.ts";
import { createRollbackStore } from "./alias-rollback-store.ts";
import { createAliasStore } from "./alias-store.ts";
import { createApprovalStore } from "./approval-store.ts";
import type { Database } from "./database.ts";
import { createModelVersionStore, type Registration } from "./model-version-store.ts";
import type { Governance } from "./promotion-gate.ts";
import { createPolicyStore } from "./promotion-policy-store.ts";
import { createRegisteredModelStore } from "./registered-model-store.ts";
import { listModels, summarizeModel } from "./registry-summary.ts";
import { isSeen, type Sight } from "./team-sight.ts";

const defaults: Governance = {
  servingAlias: "champion",
  minimum: { approvals: 0, fourEyes: true, signature: false, modelCard: false },
};

/** Registered models, their versions and aliases, and what governs them. */
export function createRegistryStore(
  db: Database,
  clock: () => number = Date.now,
  governance: Governance = defaults,
  registration?: Registration,
) {
  return {
    models: createRegisteredModelStore(db, clock),
    versions: createModelVersionStore(db, clock, registration),
    ...createAliasStore(db, clock, governance),
    ...createRollbackStore(db, clock, governance.servingAlias),
    history: createHistoryStore(db),
    approvals: createApprovalStore(db, clock, governance),
    policies: createPolicyStore(db, clock, governance),
    list: listModels.bind(null, db),
    get: summarizeModel.bind(null, db),

    async count(sight: Sight = null): Promise<number> {
      const row = await db
        .selectFrom("registered_models")
        .select((eb) => eb.fn.countAll().as("n"))
        .where(isSeen(sight, "team"))
        .executeTakeFirstOrThrow();
      return Number(row.n);
    },
  };
}

export type RegistryStore = ReturnType<typeof createRegistryStore>;
