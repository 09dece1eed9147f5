import { createHash } from "node:crypto";
import {
  type AuditAnchor,
  type AuditEntry,
  type AuditHead,
  type AuditSource,
  auditHash,
  emptyAuditHead,
  verifyAudit,
} from "@bedplate/contract";
import { sql } from "kysely";
import { anchorAudit } from "../../runtime/src/events/anchoring.ts";
import { openAuditAnchorFolder } from "../../runtime/src/store/audit-anchor-folder.ts";
import { createAuditLog } from "../../runtime/src/store/audit-log.ts";
import type { Database } from "../../runtime/src/store/database.ts";
import { announce } from "../../runtime/src/store/outbox.ts";
import { type AuditEdit, applyEdit, drawEdits } from "./audit-edit.ts";
import { openHarnessDatabase } from "./database.ts";
import { type Harness, shownProblems } from "./harness.ts";

const entries = 60;
const anchorEvery = 12;
/** One case in this many is a log that nobody touched. */
const untouchedEvery = 5;

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

/**
 * S6: an edit of the audit log, made in the database past its triggers, is found, and the first bad entry is named; a
 * log that nobody touched is never called bad.
 */
export const verifyAuditEdits: Harness = async (options) => {
  const cases = options.full ? 10_000 : 100;
  const { db, folder, close } = await openHarnessDatabase(options, 2);
  try {
    const anchors = await openAuditAnchorFolder(folder, 1_000);
    for (let at = 1; at <= entries; at += 1) {
      await write(db, `model-${at}`);
      if (at % anchorEvery === 0) await anchorAudit(createAuditLog(db), anchors, at);
    }
    const kept = await anchors.list();
    const judge = options.fault ? trustHashes : (source: AuditSource) => verifyAudit(source, sha256);
    const problems: string[] = [];
    let missed = 0;
    let falseAlarms = 0;
    for (const [at, edit] of drawEdits(options.seed, cases, entries).entries()) {
      const verdict = await judgeEdited(db, edit, kept, judge);
      if (verdict === null || verdict < edit.firstBad.from || verdict > lastNamed(edit, kept)) {
        missed += 1;
        problems.push(
          `${JSON.stringify(edit)}: ${verdict === null ? "not found" : `entry ${verdict} was named`}.`,
        );
      }
      if (at % untouchedEvery !== 0) continue;
      const problem = await judgeSource(db, kept, judge);
      if (problem === null) continue;
      falseAlarms += 1;
      problems.push(`Entry ${problem} of a log that nobody touched was called bad.`);
    }
    return {
      pass: missed + falseAlarms === 0,
      figure: missed,
      unit: "edits that were not found where they are",
      goal: `0 of ${cases}, and 0 false alarms`,
      details: { edits: cases, entries, falseAlarms },
      problems: problems.slice(0, shownProblems),
    };
  } finally {
    await close();
  }
};

type Judge = (source: AuditSource) => Promise<{ readonly problem: { readonly sequence: number } | null }>;

/** The fault: a verifier that follows the chain and believes the hashes that it finds. */
const trustHashes: Judge = async ({ entries }) => {
  let last: AuditHead = emptyAuditHead;
  for await (const { sequence, previous, hash } of entries) {
    if (sequence !== last.sequence + 1 || previous !== last.hash) return { problem: { sequence } };
    last = { sequence, hash };
  }
  return { problem: null };
};

async function write(db: Database, model: string): Promise<void> {
  const type = "dev.bedplate.model.registered";
  await db
    .transaction()
    .execute((trx) =>
      announce(trx, { type, subject: model, actor: "verify", time: Date.now(), data: { model } }),
    );
}

async function judgeSource(
  db: Database,
  anchors: readonly AuditAnchor[],
  judge: Judge,
): Promise<number | null> {
  const log = createAuditLog(db);
  const ends = { head: await log.head(), anchors: [...anchors] };
  const source = { entries: log.entries({ after: 0, limit: 1_000 }), ends, headAfter: log.head };
  return (await judge(source)).problem?.sequence ?? null;
}

/** What is said of the log with the edit; afterwards the log is as it was. */
async function judgeEdited(
  db: Database,
  edit: AuditEdit,
  anchors: readonly AuditAnchor[],
  judge: Judge,
): Promise<number | null> {
  const trx = await db.startTransaction().execute();
  try {
    await sql`set local session_replication_role = replica`.execute(trx);
    await applyEdit(trx, edit, (content: AuditEntry) => auditHash(content, sha256));
    return await judgeSource(trx, anchors, judge);
  } finally {
    await trx.rollback().execute();
  }
}

/** A log written anew with right hashes contradicts the next anchor, and nothing before that. */
function lastNamed({ firstBad, forged }: AuditEdit, anchors: readonly AuditAnchor[]): number {
  if (!forged) return firstBad.to;
  return anchors.find(({ sequence }) => sequence >= firstBad.from)?.sequence ?? firstBad.to;
}
