import type { Settings } from "@bedplate/contract";
import type { Database } from "./database.ts";
import { createIdentityStore } from "./identity-store.ts";
import { createTokenStore } from "./identity-token-store.ts";
import { RecentCallers } from "./recent-callers.ts";
import { RecentSights } from "./recent-sights.ts";
import { createTeamGuard } from "./team-guard.ts";
import { createTeamStore } from "./team-store.ts";

/** Who may sign in, teams, the tokens of their members, and what keeps teams apart. */
export function createAccessStores(
  db: Database,
  clock: () => number,
  { access, serving, session }: Pick<Settings, "access" | "serving" | "session">,
  administratorToken: string,
) {
  const callers = new RecentCallers(access, clock);
  const sights = new RecentSights(access, clock);
  const identities = createIdentityStore(db, clock, {
    administratorToken,
    sessionLifetimeMs: session.lifetimeMs,
    sessionLimit: session.limit,
  });
  const tokens = createTokenStore(db, clock, access);
  const teams = createTeamStore(db, clock, access);
  return {
    callers,
    identities: { ...identities, revokeJobTokens: callers.forgetAfter(identities.revokeJobTokens) },
    tokens: { ...tokens, revoke: callers.forgetAfter(tokens.revoke) },
    teams: {
      ...teams,
      delete: callers.forgetAfter(teams.delete),
      change: sights.forgetAfter(teams.change),
      adopt: sights.forgetAfter(teams.adopt),
    },
    guard: createTeamGuard(db, serving.alias, sights),
  };
}
