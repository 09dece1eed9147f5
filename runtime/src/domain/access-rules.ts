import type { Scope } from "@bedplate/contract";
import type { Identity } from "./identity.ts";
import { Problem } from "./problem.ts";

/** What an address or a method asks of who calls it. */
interface Asked {
  readonly scope: Scope;
  /** Whether it is about the whole installation and not about things that belong to teams. */
  readonly isAboutPlatform: boolean;
}

/** Throws FORBIDDEN where somebody lacks the scope, or acts for a team and asks for what is the whole platform's. */
export function requireRight(identity: Identity, { scope, isAboutPlatform }: Asked): void {
  if (scope !== "public" && scope !== "self" && !identity.scopes.has(scope)) {
    throw new Problem("FORBIDDEN", `This needs the scope "${scope}", which ${identity.name} does not have.`);
  }
  if (identity.team !== null && isAboutPlatform) {
    throw new Problem(
      "FORBIDDEN",
      `This is about the whole platform, and ${identity.name} acts for the team "${identity.team}".`,
    );
  }
}
