import { randomUUID } from "node:crypto";
import type { Approval, ApprovalRequest } from "@bedplate/contract";
import type { Selectable } from "kysely";
import { Problem } from "../domain/problem.ts";
import { lockModel, requireVersion } from "./alias-store.ts";
import type { Database } from "./database.ts";
import { announce } from "./outbox.ts";
import { contentDigest, type Governance, readPolicy, requestersOf } from "./promotion-gate.ts";
import type { Tables } from "./tables.ts";
import { pinFiles } from "./version-pin.ts";

type Row = Selectable<Tables["version_approvals"]>;

interface VersionOf {
  readonly model: string;
  readonly version: number;
}

/** What people decided about versions. A decision is about the files that the version had then. */
export function createApprovalStore(db: Database, clock: () => number, { minimum }: Governance) {
  return {
    /** Oldest first, withdrawn ones too. Throws NOT_FOUND. */
    async list(of: VersionOf): Promise<readonly Approval[]> {
      const { artifact_path } = await requireVersion(db, of.model, of.version);
      const content = await contentDigest(db, artifact_path);
      const rows = await rowsOf(db, of).orderBy("time").orderBy("id").execute();
      return rows.map((row) => approvalOf(row, content));
    },

    /**
     * Records a decision; the same person's older one is withdrawn with it. Throws FOUR_EYES when who registered the
     * version approves it and the policy asks for somebody else.
     */
    async give(of: VersionOf, request: ApprovalRequest, actor: string): Promise<Approval> {
      return await db.transaction().execute(async (trx) => {
        const model = await lockModel(trx, of.model);
        const row = await requireVersion(trx, of.model, of.version);
        const { approvals } = (await readPolicy(trx, of.model, minimum)).effective;
        const asksOthers = approvals.count > 0 && approvals.fourEyes && request.decision === "approve";
        if (asksOthers) await requireOther(trx, of, row.user_id, actor);
        const content = await contentDigest(trx, await pinFiles(trx, model, row));
        return approvalOf(await insert(trx, of, { ...request, actor, content, time: clock() }), content);
      });
    },

    /** Takes one's own decision back; twice is fine. Throws NOT_FOUND, and FORBIDDEN for somebody else's. */
    async withdraw(of: VersionOf, id: string, actor: string): Promise<Approval> {
      return await db.transaction().execute(async (trx) => {
        await lockModel(trx, of.model);
        const { artifact_path } = await requireVersion(trx, of.model, of.version);
        const row = await rowsOf(trx, of).where("id", "=", id).executeTakeFirst();
        if (row === undefined) throw new Problem("NOT_FOUND", `There is no approval "${id.slice(0, 100)}".`);
        const content = await contentDigest(trx, artifact_path);
        if (row.withdrawn_at !== null) return approvalOf(row, content);
        if (row.actor !== actor) {
          throw new Problem("FORBIDDEN", `${row.actor} decided this; nobody else can take it back.`);
        }
        const time = clock();
        const withdrawn = { withdrawn_at: time, withdrawn_by: actor };
        await trx.updateTable("version_approvals").set(withdrawn).where("id", "=", id).execute();
        const data = { ...of, approvalId: id };
        const type = "dev.bedplate.approval.withdrawn";
        await announce(trx, { type, subject: of.model, actor, time, data });
        return approvalOf({ ...row, ...withdrawn }, content);
      });
    },
  };
}

const rowsOf = (db: Database, { model, version }: VersionOf) =>
  db.selectFrom("version_approvals").selectAll().where("name", "=", model).where("version", "=", version);

async function insert(
  trx: Database,
  of: VersionOf,
  made: ApprovalRequest & { readonly actor: string; readonly content: string; readonly time: number },
): Promise<Row> {
  const { actor, time, decision, reason, content } = made;
  await trx
    .updateTable("version_approvals")
    .set({ withdrawn_at: time, withdrawn_by: actor })
    .where("name", "=", of.model)
    .where("version", "=", of.version)
    .where("actor", "=", actor)
    .where("withdrawn_at", "is", null)
    .execute();
  const id = randomUUID();
  const row = { id, name: of.model, version: of.version, ...made, withdrawn_by: null, withdrawn_at: null };
  await trx.insertInto("version_approvals").values(row).execute();
  const data = { ...of, approvalId: id, decision, reason, content };
  await announce(trx, { type: "dev.bedplate.approval.given", subject: of.model, actor, time, data });
  return row;
}

async function requireOther(trx: Database, of: VersionOf, userId: string, actor: string): Promise<void> {
  if (!(await requestersOf(trx, userId)).includes(actor)) return;
  throw new Problem(
    "FOUR_EYES",
    `${actor} registered version ${of.version} of "${of.model}", or submitted the job that did; somebody else must approve it.`,
  );
}

function approvalOf(row: Row, content: string): Approval {
  return {
    id: row.id,
    model: row.name,
    version: row.version,
    decision: row.decision,
    reason: row.reason,
    actor: row.actor,
    time: row.time,
    content: row.content,
    current: row.content === content,
    withdrawnBy: row.withdrawn_by,
    withdrawnAt: row.withdrawn_at,
  };
}
