import {
  defaultTeam,
  type QuotaName,
  quotas as quotasSchema,
  type Settings,
  type Team,
  type TeamChange,
  type TeamRequest,
  type TeamUsage,
} from "@bedplate/contract";
import { sql } from "kysely";
import { Problem } from "../domain/problem.ts";
import { lock } from "./advisory-lock.ts";
import type { Database } from "./database.ts";
import { announce } from "./outbox.ts";
import { adopt } from "./team-adoption.ts";
import { usages } from "./team-quota.ts";
import { findTeam, type TeamRow } from "./team-rows.ts";
import type { Sight } from "./team-sight.ts";
import { isTaken } from "./unique.ts";

/** Number of the lock under which teams are counted. */
const countLock = 4_680_062;

/** Teams: who owns what, what each may have, and what each asks of its own versions. */
export function createTeamStore(db: Database, clock: () => number, settings: Settings["access"]) {
  return {
    /** Throws ALREADY_EXISTS, and QUOTA_EXCEEDED when there are as many as may be. */
    async create(request: TeamRequest, actor: string): Promise<Team> {
      const time = clock();
      const made: Team = { ...request, createdAt: time };
      await db.transaction().execute(async (trx) => {
        await requireRoom(trx, settings.teamLimit);
        const row = { name: request.name, created_at: time, ...columnsOf(request) };
        await trx
          .insertInto("teams")
          .values(row)
          .execute()
          .catch((error: unknown) => {
            throw isTaken(error)
              ? new Problem("ALREADY_EXISTS", `There is a team "${request.name}" already.`)
              : error;
          });
        const event = { subject: `team:${request.name}`, actor, time, data: { team: request.name } };
        await announce(trx, { type: "dev.bedplate.team.created", ...event });
      });
      return made;
    },

    get: async (name: string): Promise<Team> => teamOf(await findTeam(db, name)),

    /** In order of their names: all of them, or the one that who asks is in. */
    async list(sight: Sight): Promise<readonly Team[]> {
      const all = db.selectFrom("teams").selectAll().orderBy("name");
      return (await (sight === null ? all : all.where("name", "=", sight)).execute()).map(teamOf);
    },

    /** Those of some teams that are there. */
    async existing(names: readonly string[]): Promise<ReadonlySet<string>> {
      if (names.length === 0) return new Set();
      const found = await db.selectFrom("teams").select("name").where("name", "in", names).execute();
      return new Set(found.map(({ name }) => name));
    },

    async change(name: string, change: TeamChange, actor: string): Promise<Team> {
      return await db.transaction().execute(async (trx) => {
        const before = await findTeam(trx, name, true);
        const after = { ...teamOf(before), ...defined(change) };
        await trx.updateTable("teams").set(columnsOf(after)).where("name", "=", name).execute();
        const data = { team: name, ...defined(change) };
        const event = { subject: `team:${name}`, actor, time: clock(), data };
        await announce(trx, { type: "dev.bedplate.team.changed", ...event });
        return after;
      });
    },

    /** Deletes a team that has nothing, and its tokens. Throws CONFLICT for one that has something. */
    async delete(name: string, actor: string): Promise<void> {
      if (name === defaultTeam) throw new Problem("CONFLICT", "The default team cannot be deleted.");
      await db.transaction().execute(async (trx) => {
        await findTeam(trx, name, true);
        await trx
          .deleteFrom("teams")
          .where("name", "=", name)
          .execute()
          .catch((error: unknown) => {
            throw isStillUsed(error)
              ? new Problem(
                  "CONFLICT",
                  `The team "${name}" still has something; give that to another team first.`,
                )
              : error;
          });
        const event = { subject: `team:${name}`, actor, time: clock(), data: { team: name } };
        await announce(trx, { type: "dev.bedplate.team.deleted", ...event });
      });
    },

    adopt: adopt.bind(null, db, clock),

    async usage(name: string): Promise<TeamUsage> {
      const { quotas } = teamOf(await findTeam(db, name));
      const names = Object.keys(usages) as QuotaName[];
      const counts = names.map((quota) => sql`(${usages[quota](name)}) as ${sql.id(quota)}`);
      const { rows } = await sql<Record<QuotaName, number | string>>`select ${sql.join(counts)}`.execute(db);
      const used = Object.fromEntries(names.map((quota) => [quota, Number(rows[0]?.[quota] ?? 0)]));
      return { team: name, used: used as TeamUsage["used"], quotas };
    },
  };
}

export type TeamStore = ReturnType<typeof createTeamStore>;

const teamOf = (row: TeamRow): Team => ({
  name: row.name,
  title: row.title,
  visibility: row.visibility,
  promotion: { approvals: row.approvals, fourEyes: row.four_eyes },
  quotas: quotasSchema.parse(row.quotas),
  createdAt: row.created_at,
});

/** Quotas that are not set are not stored, so that the database can tell quickly that there is none. */
const columnsOf = ({ title, visibility, promotion, quotas }: Omit<Team, "name" | "createdAt">) => ({
  title,
  visibility,
  approvals: promotion.approvals,
  four_eyes: promotion.fourEyes,
  quotas: JSON.stringify(Object.fromEntries(Object.entries(quotas).filter(([, limit]) => limit !== null))),
});

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

const defined = <T extends object>(fields: T) =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Defined<T>;

const isStillUsed = (error: unknown) =>
  typeof error === "object" && error !== null && "code" in error && error.code === "23503";

async function requireRoom(trx: Database, limit: number): Promise<void> {
  await lock(trx, countLock);
  const { n } = await trx
    .selectFrom("teams")
    .select((eb) => eb.fn.countAll<string>().as("n"))
    .executeTakeFirstOrThrow();
  if (Number(n) < limit) return;
  throw new Problem(
    "QUOTA_EXCEEDED",
    `There are ${n} teams and the limit is ${limit}; delete one, or raise access.teamLimit.`,
  );
}
