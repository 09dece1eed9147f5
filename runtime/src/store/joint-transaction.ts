import { AsyncLocalStorage } from "node:async_hooks";
import type { ControlledTransaction, Kysely } from "kysely";
import type { Tables } from "./tables.ts";

/** A transaction that everything a piece of work does with one database takes part in. */
interface Joint {
  readonly db: Kysely<Tables>;
  readonly trx: ControlledTransaction<Tables>;
  readonly afterwards: (() => void)[];
  /** The savepoint that others wait for: a connection has one at a time. */
  turn: Promise<unknown>;
  /** What the work started and did not wait for uses the database as always. */
  open: boolean;
}

const joints = new AsyncLocalStorage<Joint>();
const savepoint = "joint";

/** The same database, whose queries and transactions take part in a joint transaction where there is one. */
export function joinable(db: Kysely<Tables>): Kysely<Tables> {
  const joined: Kysely<Tables> = new Proxy(db, {
    get(target, property) {
      const joint = openJoint();
      const inside = joint?.db === joined ? joint : null;
      if (inside !== null && property === "transaction") {
        return () => ({ execute: (work: Work<unknown>) => takeTurn(inside, work) });
      }
      const at = inside?.trx ?? target;
      const value: unknown = Reflect.get(at, property, at);
      return typeof value === "function" ? value.bind(at) : value;
    },
  });
  return joined;
}

/**
 * Does some work in one transaction, whichever stores do it: their own transactions become savepoints. It is committed
 * when the work is done and undone when the work fails. `db` must be one that is joinable.
 */
export async function together<T>(db: Kysely<Tables>, work: () => Promise<T>): Promise<T> {
  const trx = await db.startTransaction().execute();
  const joint: Joint = { db, trx, afterwards: [], turn: Promise.resolve(), open: true };
  try {
    const result = await joints.run(joint, work);
    joint.open = false;
    await trx.commit().execute();
    for (const then of joint.afterwards) joints.exit(then);
    return result;
  } catch (error) {
    joint.open = false;
    // Why the work failed says more than that a connection is lost; it is released either way.
    await trx
      .rollback()
      .execute()
      .catch(() => {});
    throw error;
  }
}

/** Runs something once what was written is committed: at once where no joint transaction is open, never when it fails. */
export function afterCommit(then: () => void): void {
  const joint = openJoint();
  if (joint === null) then();
  else joint.afterwards.push(then);
}

function openJoint(): Joint | null {
  const joint = joints.getStore();
  return joint?.open === true ? joint : null;
}

type Work<T> = (trx: Kysely<Tables>) => Promise<T>;

async function takeTurn(joint: Joint, work: Work<unknown>): Promise<unknown> {
  const mine = joint.turn.then(() => inSavepoint(joint.trx, work));
  joint.turn = mine.catch(() => {});
  return await mine;
}

async function inSavepoint(trx: ControlledTransaction<Tables>, work: Work<unknown>): Promise<unknown> {
  const inside = await trx.savepoint(savepoint).execute();
  try {
    const result = await work(inside);
    await inside.releaseSavepoint(savepoint).execute();
    return result;
  } catch (error) {
    await inside.rollbackToSavepoint(savepoint).execute();
    throw error;
  }
}
