import type { Settings } from "@bedplate/contract";
import type { Database } from "./database.ts";
import { createIdentityStore } from "./identity-store.ts";
import { createTokenStore } from "./identity-token-store.ts";
import { createTeamGuard } from "./team-guard.ts";
import { createTeamStore } from "./team-store.ts";

/** Who may sign in, teams, the tokens of their members, and what keeps teams apart. */
export function createAccessStores(
  db: Database,
  clock: () => number,
  { access, serving, session }: Pick<Settings, "access" | "serving" | "session">,
  administratorToken: string,
) {
  return {
    identities: createIdentityStore(db, clock, {
      administratorToken,
      sessionLifetimeMs: session.lifetimeMs,
      sessionLimit: session.limit,
    }),
    tokens: createTokenStore(db, clock, access),
    teams: createTeamStore(db, clock, access),
    guard: createTeamGuard(db, serving.alias),
  };
}
