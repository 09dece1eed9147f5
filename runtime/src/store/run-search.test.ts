import fc from "fast-check";
import { sql } from "kysely";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openTestDatabase } from "../../testing/memory-database.ts";
import type { Database } from "./database.ts";
import { gathered, walked } from "./run-access.ts";
import { readRuns } from "./run-rows.ts";
import { createTrackingStore, type TrackingStore } from "./tracking-store.ts";

interface Made {
  readonly id: string;
  readonly start: number;
  readonly metric: number | undefined;
  readonly param: string;
  readonly tag: string;
}

let opened: Awaited<ReturnType<typeof openTestDatabase>>;
let db: Database;
let tracking: TrackingStore;
const experimentIds: number[] = [];
const made: Made[] = [];
/** With one character more it is too long for the index. */
const long = "x".repeat(250);

/** Values repeat, some are in no index, and some runs have no metric or NaN. */
beforeAll(async () => {
  opened = await openTestDatabase();
  db = opened.db;
  tracking = createTrackingStore(db, () => 0);
  for (const name of ["a", "b"]) experimentIds.push(await tracking.experiments.create(name, [], ""));
  for (let at = 0; at < 60; at++) {
    const param = at % 5 === 0 ? `${long}${at % 2}` : String(at % 7);
    const metric = at % 6 === 0 ? undefined : at % 6 === 1 ? Number.NaN : at % 11;
    const run = {
      experimentId: experimentIds[at % 2] ?? 0,
      name: "",
      userId: "",
      startTime: at % 9,
      tags: [{ key: "team", value: `t${at % 4}` }],
      actor: "test",
    };
    const { run_id: id } = await tracking.runs.create(run);
    const metrics = metric === undefined ? [] : [{ key: "m", value: metric, step: 0, timestamp: 0 }];
    await tracking.metrics.log(id, { metrics, params: [{ key: "p", value: param }], tags: [] });
    made.push({ id, start: run.startTime, metric: metric, param, tag: `t${at % 4}` });
  }
});
afterAll(() => opened.close());

const number = (run: Made) => (run.metric === undefined || Number.isNaN(run.metric) ? null : run.metric);
const filters: readonly (readonly [string, (run: Made) => boolean])[] = [
  ["", () => true],
  ["metrics.m > 9", (run) => (number(run) ?? -1) > 9],
  ["metrics.m <= 5", (run) => (number(run) ?? 9) <= 5],
  ["metrics.m != 3", (run) => number(run) !== null && number(run) !== 3],
  [`params.p = '${long}1'`, (run) => run.param === `${long}1`],
  ["params.p IN ('1', '2')", (run) => ["1", "2"].includes(run.param)],
  [`params.p IN ('1', '${long}0')`, (run) => ["1", `${long}0`].includes(run.param)],
  ["params.p LIKE 'x%'", (run) => run.param.startsWith("x")],
  ["tags.team = 't3' AND metrics.m >= 2", (run) => run.tag === "t3" && (number(run) ?? -1) >= 2],
  ["tags.none IS NULL AND tags.team = 't1'", (run) => run.tag === "t1"],
];
const byMetric = (sign: number) => (a: Made, b: Made) => {
  const [x, y] = [number(a), number(b)];
  if (x === null || y === null) return (x === null ? 1 : 0) - (y === null ? 1 : 0);
  return sign * (x - y);
};
const text = (key: "param" | "tag") => (a: Made, b: Made) => (a[key] < b[key] ? -1 : a[key] > b[key] ? 1 : 0);
const orders: readonly (readonly [string, (a: Made, b: Made) => number])[] = [
  ["metrics.m DESC", byMetric(-1)],
  ["metrics.m", byMetric(1)],
  ["tags.team", text("tag")],
  ["start_time ASC", (a, b) => a.start - b.start],
];

test("whatever is filtered by and ordered by, the pages together are the runs that match, in order, each once", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...filters),
      fc.uniqueArray(fc.constantFrom(...orders), {
        maxLength: 2,
        selector: ([words]) => words.split(" ")[0],
      }),
      fc.integer({ min: 1, max: 40 }),
      async ([filter, matches], order, limit) => {
        const expected = made.filter(matches).sort((a, b) => {
          for (const [, compare] of order) if (compare(a, b) !== 0) return compare(a, b);
          return b.start - a.start || (a.id < b.id ? -1 : 1);
        });
        const found: string[] = [];
        let pageToken: string | undefined;
        do {
          const request = { filter, orderBy: order.map(([words]) => words), limit, pageToken };
          const page = await tracking.runs.search(experimentIds, "ACTIVE_ONLY", request);
          found.push(...page.items.map(({ run_id }) => run_id));
          pageToken = page.next ?? undefined;
        } while (pageToken !== undefined);
        expect(found).toEqual(expected.map(({ id }) => id));
      },
    ),
    { numRuns: 60 },
  );
});

test("gathering what meets a condition and walking through everything find the same page", async () => {
  const condition = { on: "tag", key: "team", type: "text", operator: "=", value: "t2" } as const;
  const order = [{ on: "metric", key: "m", type: "number", descending: true }] as const;
  const query = {
    experimentIds,
    stages: ["active"],
    conditions: [condition],
    order,
    limit: 7,
    offset: 3,
    after: null,
  };
  const ids = sql`select run_id from run_tags where key = 'team' and value = 't2'`;
  const one = await readRuns(db, gathered(query, ids));
  expect(one).toHaveLength(8);
  expect(one).toEqual(await readRuns(db, walked(query)));
});

test("the longest key and the longest value that an index holds are kept in any script", async () => {
  // Pseudo-random letters, which do not compress: of three bytes for a key, which is limited in UTF-16, and of four.
  let state = 7;
  const letters = (from: number, count: number) =>
    Array.from({ length: 250 }, () => {
      state = (state * 48_271) % 2_147_483_647;
      return String.fromCodePoint(from + (state % count));
    }).join("");
  const [key, value] = [letters(0x4e00, 0x5000), letters(0x20000, 0xa000)];
  const runId = made[1]?.id ?? "";
  await tracking.metrics.log(runId, { metrics: [], params: [{ key, value }], tags: [{ key, value }] });
  const { rows } = await sql`select 1 from run_params where key = ${key} and value = ${value}`.execute(db);
  expect(rows).toHaveLength(1);
});

test("metrics are gone with their run", async () => {
  const runId = made[2]?.id ?? "";
  await db.deleteFrom("runs").where("run_id", "=", runId).execute();
  for (const table of ["run_metrics", "run_latest_metrics"] as const) {
    expect(await db.selectFrom(table).selectAll().where("run_id", "=", runId).execute()).toEqual([]);
  }
});
