import { type Team, type TeamUsage, team, teamList, teamRequest, teamUsage } from "@bedplate/contract";
import { z } from "zod";
import { openApi } from "../api/client.ts";
import { table } from "../api/table.plan.ts";
import { problems } from "../problem.ts";
import { findPlatform } from "../stack/address.ts";
import type { StackOptions } from "../stack/stack.ts";

interface TeamCommand extends StackOptions {
  readonly json: boolean;
}

interface Creation extends TeamCommand {
  readonly title?: string;
  readonly visibility?: string;
  readonly approvals?: number;
  readonly quota?: Readonly<Record<string, string>>;
}

const open = async (options: StackOptions) => openApi(await findPlatform(options));
const pathOf = (name: string) => `/teams/${encodeURIComponent(name)}`;

/** `bedplate team list`: all teams, or the caller's own. */
export async function listTeams(options: TeamCommand): Promise<void> {
  const { teams } = await (await open(options))(teamList, "GET", "/teams");
  if (options.json) console.log(JSON.stringify(teams));
  else console.log(table(["TEAM", "VISIBILITY", "TITLE"], teams.map(rowOf)));
}

const rowOf = ({ name, visibility, title }: Team) => [name, visibility, title];

/** `bedplate team create`. Throws a `Problem` with everything that is wrong. */
export async function createTeam(name: string, options: Creation): Promise<void> {
  const { title, visibility, approvals, quota = {} } = options;
  const request = teamRequest.safeParse({
    name,
    ...(title !== undefined && { title }),
    ...(visibility !== undefined && { visibility }),
    ...(approvals !== undefined && { promotion: { approvals } }),
    quotas: Object.fromEntries(Object.entries(quota).map(([key, value]) => [key, numberOf(value)])),
  });
  if (!request.success) throw problems(request.error.issues.map((issue) => wordIssue(issue)));
  const made = await (await open(options))(team, "POST", "/teams", request.data);
  console.log(options.json ? JSON.stringify(made) : `The team ${made.name} is there.`);
}

const numberOf = (text: string) => (/^\d+$/.test(text) ? Number(text) : text);
const wordIssue = ({ path, message }: z.core.$ZodIssue) => `${path.join(".") || "team"}: ${message}`;

/** `bedplate team show`: what a team is, and how much it has beside its quotas. */
export async function showTeam(name: string, options: TeamCommand): Promise<void> {
  const api = await open(options);
  const found = await api(team, "GET", pathOf(name));
  const usage = await api(teamUsage, "GET", `${pathOf(name)}/usage`);
  console.log(options.json ? JSON.stringify({ ...found, used: usage.used }) : describe(found, usage));
}

function describe({ name, title, visibility, promotion }: Team, { used, quotas }: TeamUsage): string {
  const eyes = promotion.fourEyes ? ", four eyes" : "";
  const limits = Object.entries(quotas).map(([quota, limit]) => [
    quota,
    String(used[quota as keyof typeof used]),
    limit === null ? "none" : String(limit),
  ]);
  return [
    `${name}${title === "" ? "" : ` (${title})`}: ${visibility}, approvals ${promotion.approvals}${eyes}`,
    table(["QUOTA", "USED", "LIMIT"], limits),
  ].join("\n");
}

/** `bedplate team delete`: a team that has nothing, and its tokens. */
export async function deleteTeam(name: string, options: TeamCommand): Promise<void> {
  await (await open(options))(z.object({}), "DELETE", pathOf(name));
  console.log(options.json ? JSON.stringify({ deleted: name }) : `The team ${name} is gone.`);
}
