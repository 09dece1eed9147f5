export type Lifecycle = "ACTIVE_ONLY" | "DELETED_ONLY" | "ALL";

/** One page of a search, as every search is asked for. */
export interface SearchRequest {
  readonly filter: string;
  readonly orderBy: readonly string[];
  readonly limit: number;
  readonly pageToken: string | undefined;
}

/** The lifecycle stages that a view shows. */
export function stagesOf(view: Lifecycle): ("active" | "deleted")[] {
  if (view === "ALL") return ["active", "deleted"];
  return view === "DELETED_ONLY" ? ["deleted"] : ["active"];
}
