import { randomUUID } from "node:crypto";
import { sql } from "kysely";
import { Problem } from "../domain/problem.ts";
import { traceLimits } from "../domain/trace-limits.ts";
import type { Database } from "./database.ts";
import type { Assessment } from "./trace-rows.ts";
import type { TraceTables } from "./trace-tables.ts";

/** An assessment as its maker gives it. */
export interface NewAssessment {
  /** Made here where it is absent. */
  readonly id: string | undefined;
  readonly kind: TraceTables["trace_assessments"]["kind"];
  readonly name: string;
  /** Undefined where there is only an error. */
  readonly value: unknown;
  readonly valid: boolean;
  readonly createTime: number | undefined;
  readonly lastUpdateTime: number | undefined;
  /** The assessment that this one takes the place of. */
  readonly overrides: string | undefined;
  readonly body: Readonly<Record<string, unknown>>;
}

/** What is said about traces. */
export function createAssessmentStore(db: Database, clock: () => number) {
  async function get(traceId: string, id: string, from: Database = db): Promise<Assessment> {
    const row = await from
      .selectFrom("trace_assessments")
      .selectAll()
      .where("trace_id", "=", traceId)
      .where("assessment_id", "=", id)
      .executeTakeFirst();
    if (row === undefined) {
      throw new Problem(
        "NOT_FOUND",
        `Assessment with ID '${id.slice(0, 100)}' not found for trace '${traceId.slice(0, 100)}'`,
      );
    }
    return row;
  }

  return {
    get: (traceId: string, id: string) => get(traceId, id),

    async create(traceId: string, assessment: NewAssessment): Promise<Assessment> {
      return await db.transaction().execute(async (trx) => {
        const trace = await trx
          .selectFrom("traces")
          .select("trace_id")
          .where("trace_id", "=", traceId)
          .forUpdate()
          .executeTakeFirst();
        if (trace === undefined) {
          throw new Problem("NOT_FOUND", `Trace with ID '${traceId.slice(0, 100)}' not found.`);
        }
        const [id = ""] = await writeAssessments(trx, traceId, [assessment], clock());
        return await get(traceId, id, trx);
      });
    },

    /** Changes an assessment as a function of what it is. */
    async update(
      traceId: string,
      id: string,
      change: (present: Assessment) => Pick<NewAssessment, "name" | "value" | "valid" | "body">,
    ): Promise<Assessment> {
      return await db.transaction().execute(async (trx) => {
        await sql`select 1 from traces where trace_id = ${traceId} for update`.execute(trx);
        const { name, value, valid, body } = change(await get(traceId, id, trx));
        await trx
          .updateTable("trace_assessments")
          .set({
            name,
            value: value === undefined ? null : JSON.stringify(value),
            valid,
            body: JSON.stringify(body),
            last_update_time: clock(),
          })
          .where("assessment_id", "=", id)
          .execute();
        return await get(traceId, id, trx);
      });
    },

    async delete(traceId: string, id: string): Promise<void> {
      await get(traceId, id);
      await db.deleteFrom("trace_assessments").where("assessment_id", "=", id).execute();
    },
  };
}

/**
 * Writes assessments of a trace whose row the caller has locked, and returns their ids. One with an id that is there
 * already is left as it is.
 */
export async function writeAssessments(
  trx: Database,
  traceId: string,
  assessments: readonly NewAssessment[],
  now: number,
): Promise<readonly string[]> {
  if (assessments.length === 0) return [];
  await checkRoom(trx, traceId, assessments.length);
  const rows = assessments.map((each) => ({
    assessment_id: each.id ?? `a-${randomUUID().replaceAll("-", "")}`,
    trace_id: traceId,
    kind: each.kind,
    name: each.name,
    value: each.value === undefined ? null : JSON.stringify(each.value),
    valid: each.valid,
    create_time: each.createTime ?? now,
    last_update_time: each.lastUpdateTime ?? each.createTime ?? now,
    body: JSON.stringify(each.body),
  }));
  for (const { overrides } of assessments)
    if (overrides !== undefined) await invalidate(trx, traceId, overrides);
  await trx
    .insertInto("trace_assessments")
    .values(rows)
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  return rows.map((row) => row.assessment_id);
}

async function checkRoom(trx: Database, traceId: string, added: number): Promise<void> {
  const { count } = await trx
    .selectFrom("trace_assessments")
    .select((eb) => eb.fn.countAll<string>().as("count"))
    .where("trace_id", "=", traceId)
    .executeTakeFirstOrThrow();
  if (Number(count) + added > traceLimits.assessments) {
    throw new Problem(
      "INVALID_REQUEST",
      `A trace may have ${traceLimits.assessments} assessments; it has ${count}.`,
    );
  }
}

async function invalidate(trx: Database, traceId: string, id: string): Promise<void> {
  const { numUpdatedRows } = await trx
    .updateTable("trace_assessments")
    .set({ valid: false })
    .where("trace_id", "=", traceId)
    .where("assessment_id", "=", id)
    .executeTakeFirst();
  if (numUpdatedRows === 0n) {
    throw new Problem(
      "NOT_FOUND",
      `Assessment with ID '${id.slice(0, 100)}' not found for trace '${traceId}'`,
    );
  }
}
