import fc from "fast-check";
import { championBefore } from "../../runtime/src/domain/champion-history.ts";
import { Problem } from "../../runtime/src/domain/problem.ts";
import type { Database } from "../../runtime/src/store/database.ts";
import { createRegistryStore, type RegistryStore } from "../../runtime/src/store/registry-store.ts";
import { openHarnessDatabase } from "./database.ts";
import { type Harness, type HarnessOptions, shownProblems } from "./harness.ts";

const model = "contended";
const alias = "champion";
const actor = "verify";
const versions = 5;
const poolSize = 16;
/** As many changes as a rollback looks back at. */
const rollbackDepth = 1_000;

/** One call that was answered with success, and when it was under way. */
interface Done {
  readonly id: string;
  readonly from: number | null;
  readonly to: number;
  readonly started: number;
  readonly ended: number;
}

type Call = { readonly kind: "promote"; readonly version: number } | { readonly kind: "rollback" };

/**
 * R2: while many clients promote and roll back at once, every reader sees exactly one champion, and it is the one that
 * the history ends with; the history is the calls that succeeded, in an order that respects time, each going on from
 * the one before.
 */
export const verifyOneChampion: Harness = async (options) => {
  const clients = options.full ? 64 : 8;
  const total = options.full ? 10_000 : 160;
  const { db, close } = await openHarnessDatabase(options, poolSize);
  try {
    const registry = createRegistryStore(db);
    await prepare(registry);
    const watch = watchReaders(db);
    const counted = await storm(registry, plan(options, clients, total), options.fault);
    const seen = await watch.stop();
    const problems = [...seen.problems, ...(await checkHistory(db, counted.done))];
    const { done, refused, failed } = counted;
    return {
      pass: problems.length + failed === 0,
      figure: problems.length + failed,
      unit: "reads or changes that contradict one champion",
      goal: `0 with ${clients} clients and ${total} calls`,
      details: { clients, calls: total, done: done.length, refused, reads: seen.reads },
      problems: problems.slice(0, shownProblems),
    };
  } finally {
    await close();
  }
};

async function prepare(registry: RegistryStore): Promise<void> {
  await registry.models.create({ name: model, description: "", tags: [], actor });
  const blank = { runId: "", runLink: "", description: "", modelId: "", tags: [], actor };
  for (let at = 0; at < versions; at += 1) {
    await registry.versions.create({ name: model, source: "mlflow-artifacts:/0/x", ...blank });
  }
  await registry.setAlias({ model, alias, version: 1, actor, comment: "first" });
}

function plan({ seed }: HarnessOptions, clients: number, total: number): readonly (readonly Call[])[] {
  const version = fc.integer({ min: 1, max: versions });
  const call = fc.oneof<fc.Arbitrary<Call>[]>(
    fc.record({ kind: fc.constant("promote" as const), version }),
    fc.record({ kind: fc.constant("rollback" as const) }),
  );
  const calls = fc.sample(call, { seed, numRuns: total });
  return Array.from({ length: clients }, (_, client) => calls.filter((_, at) => at % clients === client));
}

async function storm(registry: RegistryStore, plans: readonly (readonly Call[])[], fault: boolean) {
  const done: Done[] = [];
  let refused = 0;
  let failed = 0;
  const client = async (calls: readonly Call[], number: number) => {
    for (const [at, call] of calls.entries()) {
      const id = `${number}/${at}`;
      const started = performance.now();
      try {
        const moved = await make(registry, call, id, fault);
        done.push({ id, ...moved, started, ended: performance.now() });
      } catch (error) {
        if (error instanceof Problem && error.code === "CONFLICT") refused += 1;
        else failed += 1;
      }
    }
  };
  await Promise.all(plans.map(client));
  return { done, refused, failed };
}

async function make(registry: RegistryStore, call: Call, comment: string, fault: boolean) {
  if (call.kind === "rollback") {
    const { from, to } = await registry.findRollback(model);
    await registry.rollBack({ model, from, to, actor, comment });
    return { from, to };
  }
  // The fault moves the champion in two steps, as MLflow's stages do: first from the old one, then to the new one.
  if (fault) await registry.deleteAlias({ model, alias, actor });
  const { previousVersion } = await registry.setAlias({
    model,
    alias,
    version: call.version,
    actor,
    comment,
  });
  return { from: previousVersion, to: call.version };
}

/** Reads until stopped; each read is one snapshot of the alias and of the end of its history. */
function watchReaders(db: Database) {
  const problems: string[] = [];
  let reads = 0;
  let stopped = false;
  const reader = async () => {
    while (!stopped) {
      const rows = await db
        .selectFrom("model_aliases")
        .select((eb) => [
          "version",
          eb
            .selectFrom("registry_history")
            .select("to_version")
            .where("alias", "=", alias)
            .orderBy("sequence", "desc")
            .limit(1)
            .as("last"),
        ])
        .where("name", "=", model)
        .where("alias", "=", alias)
        .execute();
      reads += 1;
      const [only] = rows;
      if (only === undefined || rows.length > 1) problems.push(`A reader saw ${rows.length} champions.`);
      else if (only.version !== only.last) {
        problems.push(`A reader saw champion ${only.version}, and the history ended with ${only.last}.`);
      }
    }
  };
  const all = Promise.all(Array.from({ length: 4 }, reader));
  return {
    async stop() {
      stopped = true;
      await all;
      return { problems, reads };
    },
  };
}

/** What contradicts that the history is the successful calls, one after another. */
async function checkHistory(db: Database, done: readonly Done[]): Promise<readonly string[]> {
  const problems: string[] = [];
  const rows = await db.selectFrom("registry_history").selectAll().orderBy("sequence").execute();
  const byId = new Map(done.map((one) => [one.id, one]));
  if (rows.length !== done.length + 1) {
    problems.push(
      `${done.length} calls succeeded, and the history has ${rows.length - 1} changes after the first.`,
    );
  }
  let current: number | null = null;
  for (const [at, row] of rows.entries()) {
    if (row.from_version !== current)
      problems.push(`Change ${row.sequence} does not go on from the one before.`);
    current = row.to_version;
    const call = byId.get(row.comment ?? "");
    if (at > 0 && (call?.from !== row.from_version || call.to !== row.to_version)) {
      problems.push(`Change ${row.sequence} is not what its caller was told.`);
    }
    if (row.action !== "rolled-back") continue;
    const before = rows.slice(Math.max(0, at - rollbackDepth), at);
    const steps = before.map(({ action, to_version: to }) => ({ action, to }));
    if (championBefore(steps, () => true) !== row.to_version) {
      problems.push(
        `Change ${row.sequence} went back to ${row.to_version}, which was not the champion before.`,
      );
    }
  }
  const alone = await db.selectFrom("model_aliases").select("version").where("alias", "=", alias).execute();
  if (alone.length !== 1 || alone[0]?.version !== current)
    problems.push("The history does not end as the registry is.");
  const ordered = rows.flatMap((row) => byId.get(row.comment ?? "") ?? []);
  return [...problems, ...checkTime(ordered)];
}

/** A call that ended before another began comes before it in the history. */
function checkTime(ordered: readonly Done[]): readonly string[] {
  const problems: string[] = [];
  let earliestEnd = Number.POSITIVE_INFINITY;
  for (const call of ordered.toReversed()) {
    if (earliestEnd < call.started)
      problems.push(`Call ${call.id} comes before one that had ended when it began.`);
    earliestEnd = Math.min(earliestEnd, call.ended);
  }
  return problems;
}
