import type { ModelPromotionPolicy, PromotionChecks, PromotionPolicy } from "@bedplate/contract";
import { lockModel, requireVersion } from "./alias-store.ts";
import type { Database } from "./database.ts";
import { announce } from "./outbox.ts";
import {
  type Governance,
  gatherEvidence,
  promotionChecksOf,
  readPolicy,
  requirePromotable,
} from "./promotion-gate.ts";

interface VersionOf {
  readonly model: string;
  readonly version: number;
}

/** What promotion asks for, per model. */
export function createPolicyStore(db: Database, clock: () => number, governance: Governance) {
  const read = async (model: string): Promise<ModelPromotionPolicy> => ({
    model,
    ...(await readPolicy(db, model, governance.minimum)),
  });

  return {
    read,

    async write(model: string, policy: PromotionPolicy, actor: string): Promise<ModelPromotionPolicy> {
      await db.transaction().execute(async (trx) => {
        await lockModel(trx, model);
        const value = JSON.stringify(policy);
        await trx
          .insertInto("promotion_policies")
          .values({ name: model, policy: value })
          .onConflict((conflict) => conflict.column("name").doUpdateSet({ policy: value }))
          .execute();
        await announce(trx, {
          type: "dev.bedplate.promotion-policy.changed",
          subject: model,
          actor,
          time: clock(),
          data: { model, policy },
        });
      });
      return await read(model);
    },

    /** Throws PROMOTION_BLOCKED as a promotion would; the promotion itself asks again. */
    async require(of: VersionOf): Promise<void> {
      await requirePromotable(db, of, governance, await gatherEvidence(db, of, governance));
    },

    /** What promotion would say of a version now. Throws NOT_FOUND. */
    async check(of: VersionOf): Promise<PromotionChecks> {
      await requireVersion(db, of.model, of.version);
      const evidence = await gatherEvidence(db, of, governance);
      const checks = [...(await promotionChecksOf(db, of, governance, evidence))];
      return { ...of, met: checks.every(({ met }) => met), checks };
    },
  };
}
