import { setTimeout as wait } from "node:timers/promises";
import { sql } from "kysely";
import { createClosers } from "./closers.ts";
import { type HarnessOptions, type HarnessResult, shownProblems } from "./harness.ts";
import { judgeKills } from "./r1-judge.ts";
import { type Acknowledged, countAcknowledged, nothingYet, writeOn } from "./r1-writers.ts";
import { seededRandom } from "./seeded-random.ts";
import { type ServiceGroup, startServices } from "./service-group.ts";
import { type ServiceHome, withDatabase } from "./service-process.ts";

const full = { crashes: 1_000, writers: 8 };
const quick = { crashes: 4, writers: 4 };
const readyLimitMs = 5_000;

/**
 * R1: SIGKILL at random points under writers that register, promote, log and so write the audit log: of the service,
 * and in turn of PostgreSQL where that is the database. Everything that was answered with success is there afterwards,
 * nothing is half there, and the service was ready again within 5 s (99th percentile; part of the full form only,
 * since it is the machine's as much as ours). The fault acknowledges what is not written yet.
 */
export async function verifyKills(options: HarnessOptions): Promise<HarnessResult> {
  const closers = createClosers();
  const usual = options.full ? full : quick;
  const scale = { ...usual, crashes: options.crashes ?? usual.crashes };
  try {
    const { database, seed } = options;
    const prepare = options.fault ? plantFault : undefined;
    const group = await startServices({ database, replicas: 1, prepare }, closers);
    const acknowledged = nothingYet();
    const readyMs = await writeThroughKills(group, scale, seededRandom(seed), acknowledged);
    for (const replica of group.replicas) await replica.kill();
    const problems = await withDatabase(group.home, (db) => judgeKills(db, acknowledged));
    const p99 = readyMs.toSorted((a, b) => a - b)[Math.ceil(readyMs.length * 0.99) - 1] ?? 0;
    const writes = { acknowledged: countAcknowledged(acknowledged), cut: acknowledged.cut };
    return {
      pass: problems.length === 0 && (!options.full || p99 <= readyLimitMs),
      figure: problems.length,
      unit: "acknowledged writes lost, or changes half made",
      goal: `0 over ${scale.crashes} crashes, ready again within ${readyLimitMs} ms`,
      details: { ...scale, ...writes, readyP99Ms: p99 },
      problems: problems.slice(0, shownProblems),
    };
  } finally {
    await closers.close();
  }
}

/**
 * PostgreSQL that answers a commit before its log is written out; over the embedded database, one that swallows the
 * second tag of some versions.
 */
async function plantFault(home: ServiceHome): Promise<void> {
  await withDatabase(home, async (db) => {
    if (home.sql.kind === "postgres") {
      await sql`alter system set synchronous_commit = off`.execute(db);
      await sql`alter system set wal_writer_delay = '10s'`.execute(db);
      await sql`select pg_reload_conf()`.execute(db);
      return;
    }
    await sql`create function swallow() returns trigger language plpgsql as $$
      begin if new.key = 'second' and new.version % 2 = 0 then return null; end if; return new; end $$`.execute(
      db,
    );
    await sql`create trigger swallow before insert on model_version_tags
      for each row execute function swallow()`.execute(db);
  });
}

/** Returns how long each crash kept the service from its work. Nobody writes any more when it is over. */
async function writeThroughKills(
  { replicas, postgres }: ServiceGroup,
  { crashes, writers }: typeof full,
  random: () => number,
  acknowledged: Acknowledged,
): Promise<readonly number[]> {
  const [replica] = replicas;
  if (replica === undefined) throw new Error("There is no service.");
  const life = { over: false };
  const desks = Array.from({ length: writers }, (_, at) => {
    const own = seededRandom(Math.floor(random() * 2 ** 32));
    return writeOn({ name: `w${at}`, replica, random: own, acknowledged }, life);
  });
  const writing = Promise.allSettled(desks);
  const readyMs: number[] = [];
  try {
    for (let crash = 1; crash <= crashes; crash++) {
      await wait(200 + random() * 800);
      const ofDatabase = postgres !== null && crash % 2 === 0;
      if (!ofDatabase) await replica.kill();
      const started = performance.now();
      if (ofDatabase) await postgres.crash();
      await (ofDatabase ? replica.ready() : replica.start());
      readyMs.push(Math.round(performance.now() - started));
      console.error(
        `crash ${crash} of ${crashes}: ${countAcknowledged(acknowledged)} writes, ${readyMs.at(-1)} ms`,
      );
    }
    await wait(500);
  } finally {
    life.over = true;
    await writing;
  }
  for (const end of await writing) if (end.status === "rejected") throw end.reason;
  return readyMs;
}
