import { defaultTeam } from "@bedplate/contract";
import { isPinned } from "./version-folder.ts";

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** What decides whose a file is. */
export type ArtifactKeeper =
  | { readonly kind: "experiment"; readonly id: string }
  | { readonly kind: "model-history"; readonly id: string }
  | { readonly kind: "team"; readonly id: string };

/**
 * Whose a path of the artifact store is: below an experiment's id the experiment's, below `model-versions/<history>` that
 * registered model's, below `teams/<name>` that team's, elsewhere the default team's. Null for the root and for what holds the folders of all teams.
 */
export function keeperOfPath(path: string): ArtifactKeeper | null {
  const [first = "", second] = path.split("/");
  if (first === "") return null;
  if (isPinned(first)) {
    return second !== undefined && uuid.test(second) ? { kind: "model-history", id: second } : null;
  }
  if (first === "teams") return second === undefined ? null : { kind: "team", id: second };
  if (!/^\d+$/.test(first)) return { kind: "team", id: defaultTeam };
  return first.length > 15 ? null : { kind: "experiment", id: String(Number(first)) };
}
