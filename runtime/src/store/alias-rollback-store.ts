import { Problem } from "../domain/problem.ts";
import { type LockedModel, rollbackTarget } from "./alias-history-store.ts";
import { aliasOf, lockModel, moveAlias } from "./alias-store.ts";
import type { Database } from "./database.ts";
import { noModel } from "./registry-summary.ts";
import { supersedeRollout } from "./rollout-guard.ts";

/** The champion before the present one, as somebody saw it. */
export interface Rollback {
  readonly model: string;
  readonly from: number | null;
  readonly to: number;
  readonly actor: string;
  readonly comment?: string | undefined;
}

/** Going back to the champion before the present one. */
export function createRollbackStore(db: Database, clock: () => number, servingAlias: string) {
  return {
    /** Where a rollback would go: the champion before the present one. Throws NOT_FOUND, and CONFLICT where there is none. */
    async findRollback(model: string): Promise<Pick<Rollback, "from" | "to">> {
      const found = await db
        .selectFrom("registered_models")
        .select(["name", "history_id", "team"])
        .where("name", "=", model)
        .executeTakeFirst();
      if (found === undefined) throw noModel(model);
      return await rollbackOf(db, found, servingAlias);
    },

    /**
     * Makes the champion before the present one champion again; the policy let it through once and is not asked
     * again. Throws CONFLICT when somebody moved the champion meanwhile.
     */
    async rollBack({ model, from, to, actor, comment }: Rollback): Promise<void> {
      await db.transaction().execute(async (trx) => {
        const locked = await lockModel(trx, model);
        const now = await rollbackOf(trx, locked, servingAlias);
        if (now.from !== from || now.to !== to) {
          throw new Problem(
            "CONFLICT",
            `The champion of "${model}" moved meanwhile: it is ${now.from === null ? "none" : `version ${now.from}`} now.`,
          );
        }
        const step = {
          action: "rolled-back",
          alias: servingAlias,
          from,
          to,
          actor,
          time: clock(),
          comment,
        } as const;
        await supersedeRollout(trx, model, to, { actor, time: step.time });
        await moveAlias(trx, locked, step);
      });
    },
  };
}

async function rollbackOf(
  db: Database,
  model: LockedModel,
  alias: string,
): Promise<Pick<Rollback, "from" | "to">> {
  const from = await aliasOf(db, model.name, alias);
  const to = await rollbackTarget(db, model, alias);
  if (to !== null) return { from, to };
  throw new Problem("CONFLICT", `"${model.name}" had no champion before the present one to go back to.`);
}
