import { randomUUID } from "node:crypto";
import type { Rollout, RolloutSpec } from "@bedplate/contract";
import { Problem } from "../domain/problem.ts";
import type { PromotionEvidence } from "../domain/promotion-policy.ts";
import { answersCallers, candidatesOf } from "../domain/rollout-plan.ts";
import { follow, type RolloutOrder } from "../domain/rollout-transition.ts";
import { lock } from "./advisory-lock.ts";
import { aliasOf, lockModel, moveAlias, placeAlias, requireVersion } from "./alias-store.ts";
import type { Database } from "./database.ts";
import { type Governance, gatherEvidence, requirePromotable } from "./promotion-gate.ts";
import { createRolloutReads, getRollout, type RolloutAddress } from "./rollout-reads.ts";
import { activeRollout, rolloutOf, tell, writeStep } from "./rollout-rows.ts";
import { pinFiles } from "./version-pin.ts";

export interface RolloutStoreOptions {
  readonly clock: () => number;
  readonly governance: Governance;
  readonly environment: string;
  /** Rollouts that may be under way at once. */
  readonly limit: number;
}

interface NewRollout {
  readonly model: string;
  readonly spec: RolloutSpec;
  readonly actor: string;
  readonly comment?: string | undefined;
}

/** An order with who gives it. */
export interface RolloutCommand extends RolloutAddress {
  readonly order: RolloutOrder;
  readonly actor: string;
  readonly comment?: string | undefined;
  /** The revision that the caller saw, where it must not be a newer one. */
  readonly revision?: number | undefined;
}

/** Number of the lock under which rollouts are counted. */
const countLock = 4_680_061;

/**
 * Rollouts. Every change takes the model's lock first, so that of several replicas that decide the same one does it, and
 * no champion moves and no version goes meanwhile.
 */
export function createRolloutStore(db: Database, options: RolloutStoreOptions) {
  const { clock, governance, environment } = options;

  const get = getRollout.bind(null, db);

  return {
    get,

    /** Starts a rollout. A candidate that would answer callers must be one that may become champion. */
    async start({ model, spec, actor, comment }: NewRollout): Promise<Rollout> {
      const evidence = new Map<number, PromotionEvidence>();
      for (const version of answersCallers(spec) ? candidatesOf(spec) : []) {
        evidence.set(version, await gatherEvidence(db, { model, version }, governance));
      }
      return await db.transaction().execute(async (trx) => {
        const locked = await lockModel(trx, model);
        const champion = await requireFree(trx, model, governance.servingAlias);
        for (const version of candidatesOf(spec)) {
          if (version === champion)
            throw new Problem("CONFLICT", `Version ${version} is the champion already.`);
          await pinFiles(trx, locked, await requireVersion(trx, model, version));
          const shown = evidence.get(version);
          if (shown !== undefined) await requirePromotable(trx, { model, version }, governance, shown);
        }
        await requireRoom(trx, options.limit);
        const time = clock();
        const row = await trx
          .insertInto("rollouts")
          .values({
            ...{ id: randomUUID(), model, environment, spec: JSON.stringify(spec), state: "running" },
            ...{ revision: 1, baseline: champion, champion, position: 0, position_since: time },
            ...{ reason: comment ?? null, created_by: actor, created_at: time, updated_at: time },
          })
          .returningAll()
          .executeTakeFirstOrThrow();
        const made = rolloutOf(row);
        await tell(trx, made, "started", { actor, time, reason: comment });
        return made;
      });
    },

    /** Carries out an order; one that was carried out before changes nothing. Throws CONFLICT, PROMOTION_BLOCKED. */
    async command(given: RolloutCommand): Promise<Rollout> {
      const { model, order, revision, actor, comment } = given;
      const seen = await get(given);
      const expected = follow(seen, order);
      if (expected === null) return seen;
      const wanted = { model, version: expected.champion };
      const evidence = expected.move === "promote" ? await gatherEvidence(db, wanted, governance) : null;
      return await db.transaction().execute(async (trx) => {
        const locked = await lockModel(trx, model);
        const before = await getRollout(trx, given);
        const step = follow(before, order);
        if (step === null) return before;
        if ((revision ?? before.revision) !== before.revision) throw changed(before);
        const time = clock();
        const after = await writeStep(trx, before, step, { actor, time, reason: comment });
        const alias = governance.servingAlias;
        const move = { alias, from: before.champion, to: step.champion, actor, time, comment };
        if (step.move === "back") await moveAlias(trx, locked, { ...move, action: "rolled-back" });
        if (step.move === "promote") {
          if (evidence === null || step.champion !== wanted.version) throw changed(before);
          await placeAlias(trx, locked, { ...move, evidence }, governance);
        }
        return after;
      });
    },

    ...createRolloutReads(db, environment),
  };
}

export type RolloutStore = ReturnType<typeof createRolloutStore>;

const changed = ({ revision }: Rollout) =>
  new Problem(
    "CONFLICT",
    `The rollout has changed meanwhile: it has revision ${revision} now. Look at it again.`,
  );

/** The champion of a model that has no rollout under way. */
async function requireFree(trx: Database, model: string, alias: string): Promise<number> {
  const other = await activeRollout(trx, model);
  if (other !== null) {
    throw new Problem("CONFLICT", `"${model}" has a rollout under way, ${other.id}; end that first.`);
  }
  const champion = await aliasOf(trx, model, alias);
  if (champion !== null) return champion;
  throw new Problem(
    "CONFLICT",
    `"${model}" has no champion to try another version beside; promote one first.`,
  );
}

async function requireRoom(trx: Database, limit: number): Promise<void> {
  await lock(trx, countLock);
  const { n } = await trx
    .selectFrom("rollouts")
    .select((eb) => eb.fn.countAll<string>().as("n"))
    .where("ended_at", "is", null)
    .executeTakeFirstOrThrow();
  if (Number(n) < limit) return;
  throw new Problem(
    "QUEUE_FULL",
    `${n} rollouts are under way and the limit is ${limit}; end one, or raise rollouts.limit.`,
  );
}
