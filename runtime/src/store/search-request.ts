import type { Sight } from "./team-sight.ts";

export type Lifecycle = "ACTIVE_ONLY" | "DELETED_ONLY" | "ALL";

/** One page of a search, as every search is asked for. */
export interface SearchRequest {
  readonly filter: string;
  readonly orderBy: readonly string[];
  readonly limit: number;
  readonly pageToken: string | undefined;
  /** For whom it is; who sees every team where it is left out. */
  readonly sight?: Sight;
}

/** The lifecycle stages that a view shows. */
export function stagesOf(view: Lifecycle): ("active" | "deleted")[] {
  if (view === "ALL") return ["active", "deleted"];
  return view === "DELETED_ONLY" ? ["deleted"] : ["active"];
}
