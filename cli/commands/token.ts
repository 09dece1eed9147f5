import { writeFile } from "node:fs/promises";
import {
  type NewTokenAnswer,
  newTokenAnswer,
  type TokenInfo,
  tokenList,
  tokenRequest,
} from "@bedplate/contract";
import { z } from "zod";
import { type Api, openApi } from "../api/client.ts";
import { table } from "../api/table.plan.ts";
import { Problem, problems } from "../problem.ts";
import { findPlatform } from "../stack/address.ts";
import type { StackOptions } from "../stack/stack.ts";

interface TokenCommand extends StackOptions {
  readonly json: boolean;
}

export interface Creation extends TokenCommand {
  readonly role: string;
  readonly team?: string;
  readonly title?: string;
  readonly days?: number;
  readonly file?: string;
}

const day = 24 * 3_600_000;
const pageSize = 500;
const open = async (options: StackOptions) => openApi(await findPlatform(options));

/** `bedplate token create`: the token is shown this once, or goes into a new file of mode 0600. */
export async function createToken(user: string, options: Creation): Promise<void> {
  const { role, team, title = `made with bedplate token create for ${user}`, days, file } = options;
  const request = tokenRequest.safeParse({
    user,
    role,
    title,
    ...(team !== undefined && { team }),
    ...(days !== undefined && { lifetimeMs: days * day }),
  });
  if (!request.success)
    throw problems(request.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`));
  const api = await open(options);
  const made = await api(newTokenAnswer, "POST", "/tokens", request.data);
  if (file !== undefined) await keep(api, made, file);
  const { token, ...info } = made;
  const shown = file === undefined ? { ...info, token } : { ...info, file };
  console.log(options.json ? JSON.stringify(shown) : describe(made, file));
}

/** A token that cannot be kept is ended: nobody will ever see it. */
async function keep(api: Api, { id, token }: NewTokenAnswer, file: string): Promise<void> {
  try {
    await writeFile(file, `${token}\n`, { mode: 0o600, flag: "wx" });
  } catch (error) {
    await revoke(api, id);
    const reason = error instanceof Error ? error.message : String(error);
    throw new Problem(`The token could not be written (${reason}), so it was revoked; name a new file.`);
  }
}

const dateOf = (at: number) => new Date(at).toISOString().slice(0, 10);

function describe({ token, user, role, team, expiresAt }: NewTokenAnswer, file: string | undefined): string {
  const where = team === null ? "the whole platform" : `the team ${team}`;
  const head = `${user} is ${role} of ${where} until ${dateOf(expiresAt)}.`;
  return file === undefined
    ? `${head} The token, shown this once:\n${token}`
    : `${head} The token is in ${file}.`;
}

/** `bedplate token list`: the caller's own; all of the team, or of all, for who administers them. */
export async function listTokens(options: TokenCommand): Promise<void> {
  const tokens = await allTokens(await open(options));
  if (options.json) console.log(JSON.stringify(tokens));
  else console.log(table(["ID", "USER", "ROLE", "TEAM", "UNTIL", "TITLE"], tokens.map(rowOf)));
}

const rowOf = ({ id, user, role, team, expiresAt, title }: TokenInfo) => [
  id,
  user,
  role,
  team ?? "(all)",
  dateOf(expiresAt),
  title,
];

async function allTokens(api: Api): Promise<readonly TokenInfo[]> {
  const tokens: TokenInfo[] = [];
  let after = "";
  for (;;) {
    const page = await api(tokenList, "GET", `/tokens?limit=${pageSize}${after}`);
    tokens.push(...page.tokens);
    if (page.next === null) return tokens;
    after = `&after=${encodeURIComponent(page.next)}`;
  }
}

/** `bedplate token revoke`: ends a token, and the sessions that it started. */
export async function revokeToken(id: string, options: TokenCommand): Promise<void> {
  await revoke(await open(options), id);
  console.log(options.json ? JSON.stringify({ revoked: [id] }) : `The token ${id} is revoked.`);
}

async function revoke(api: Api, id: string): Promise<void> {
  await api(z.object({}), "DELETE", `/tokens/${encodeURIComponent(id)}`);
}

/** `bedplate team member remove`: ends every token that somebody has in a team. */
export async function removeMember(team: string, user: string, options: TokenCommand): Promise<void> {
  const api = await open(options);
  const theirs = (await allTokens(api)).filter((token) => token.team === team && token.user === user);
  if (theirs.length === 0) throw new Problem(`${user} has no token in the team ${team}.`);
  for (const { id } of theirs) await revoke(api, id);
  const revoked = theirs.map(({ id }) => id);
  console.log(
    options.json
      ? JSON.stringify({ revoked })
      : `${user} has no access to the team ${team} by tokens of the platform any more (${revoked.length} revoked).`,
  );
}
