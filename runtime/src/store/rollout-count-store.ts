import { type Selectable, sql } from "kysely";
import type { VariantCounts } from "../domain/rollout-statistics.ts";
import type { Database } from "./database.ts";
import { type CountColumn, maxColumns, sumColumns } from "./rollout-tables.ts";
import type { Tables } from "./tables.ts";

/** What one replica counted of a version in a step since it last told. */
export interface CountDelta {
  readonly rolloutId: string;
  readonly position: number;
  readonly version: number;
  readonly counts: Partial<Readonly<Record<CountColumn, number>>>;
  /** Answers by bucket of their latency. */
  readonly latency: ReadonlyMap<number, number>;
}

type Row = Selectable<Tables["rollout_counts"]>;

const columns = [...sumColumns, ...maxColumns] as const;
const keys = ["rollout_id", "position", "version"] as const;
/** Rows of one statement, well below PostgreSQL's limit of parameters. */
const rowsAtOnce = 1_000;

/** What replicas count: each adds its own, so that every one of them sees the sum. */
export function createRolloutCountStore(db: Database) {
  return {
    /** Adds counts; those of a rollout that is gone with its model are dropped. */
    async add(deltas: readonly CountDelta[]): Promise<void> {
      if (deltas.length === 0) return;
      await db.transaction().execute(async (trx) => {
        const ids = [...new Set(deltas.map(({ rolloutId }) => rolloutId))];
        const there = await trx
          .selectFrom("rollouts")
          .select("id")
          .where("id", "in", ids)
          .forShare()
          .execute();
        const known = new Set(there.map(({ id }) => id));
        // In one order everywhere, so that two replicas wait for each other and never both.
        const kept = deltas.filter(({ rolloutId }) => known.has(rolloutId)).toSorted(inOrder);
        await addCounts(trx, kept);
        await addLatencies(trx, kept);
      });
    },

    /** The sums of a step, by version. */
    async read(rolloutId: string, position: number): Promise<ReadonlyMap<number, VariantCounts>> {
      const rows = await db
        .selectFrom("rollout_counts")
        .selectAll()
        .where("rollout_id", "=", rolloutId)
        .where("position", "=", position)
        .execute();
      const latencies = await db
        .selectFrom("rollout_latencies")
        .select(["version", "bucket", "count"])
        .where("rollout_id", "=", rolloutId)
        .where("position", "=", position)
        .execute();
      return new Map(
        rows.map((row) => {
          const own = latencies.filter(({ version }) => version === row.version);
          return [row.version, countsOf(row, new Map(own.map(({ bucket, count }) => [bucket, count])))];
        }),
      );
    },
  };
}

export type RolloutCountStore = ReturnType<typeof createRolloutCountStore>;

const inOrder = (a: CountDelta, b: CountDelta) =>
  a.rolloutId === b.rolloutId
    ? a.position - b.position || a.version - b.version
    : a.rolloutId < b.rolloutId
      ? -1
      : 1;

const keyOf = ({ rolloutId, position, version }: CountDelta) => ({
  rollout_id: rolloutId,
  position,
  version,
});

async function addCounts(trx: Database, deltas: readonly CountDelta[]): Promise<void> {
  const rows = deltas.map((delta) => ({
    ...keyOf(delta),
    ...(Object.fromEntries(columns.map((name) => [name, delta.counts[name] ?? 0])) as Record<
      CountColumn,
      number
    >),
  }));
  for (let at = 0; at < rows.length; at += rowsAtOnce) {
    await trx
      .insertInto("rollout_counts")
      .values(rows.slice(at, at + rowsAtOnce))
      .onConflict((conflict) =>
        conflict
          .columns([...keys])
          .doUpdateSet(
            Object.fromEntries([
              ...sumColumns.map((name) => [name, sql.raw(`rollout_counts.${name} + excluded.${name}`)]),
              ...maxColumns.map((name) => [
                name,
                sql.raw(`greatest(rollout_counts.${name}, excluded.${name})`),
              ]),
            ]),
          ),
      )
      .execute();
  }
}

async function addLatencies(trx: Database, deltas: readonly CountDelta[]): Promise<void> {
  const rows = deltas.flatMap((delta) =>
    [...delta.latency]
      .sort(([a], [b]) => a - b)
      .map(([bucket, count]) => ({ ...keyOf(delta), bucket, count })),
  );
  for (let at = 0; at < rows.length; at += rowsAtOnce) {
    await trx
      .insertInto("rollout_latencies")
      .values(rows.slice(at, at + rowsAtOnce))
      .onConflict((conflict) =>
        conflict
          .columns([...keys, "bucket"])
          .doUpdateSet({ count: sql<number>`rollout_latencies.count + excluded.count` }),
      )
      .execute();
  }
}

function countsOf(row: Row, latency: ReadonlyMap<number, number>): VariantCounts {
  const { answers, errors, compared, failed, dropped, agreed, rows, unlike } = row;
  return {
    ...{ answers, errors, latency },
    logLatency: { count: row.log_count, sum: row.log_sum, squares: row.log_squares },
    outcome: { count: row.outcomes, sum: row.outcome_sum, squares: row.outcome_squares },
    shadow: {
      ...{ compared, failed, dropped, agreed, rows, unlike },
      rowsAgreed: row.rows_agreed,
      maxAbsolute: row.max_absolute,
      maxRelative: row.max_relative,
    },
  };
}
