import type { Rollout, RolloutAction, RolloutState } from "@bedplate/contract";
import { Problem } from "./problem.ts";
import { candidatesOf } from "./rollout-plan.ts";

/** What somebody, or the platform itself, wants of a rollout. */
export type RolloutOrder =
  | { readonly kind: "pause" | "resume" | "advance" | "abort" }
  | { readonly kind: "promote"; readonly version?: number | undefined };

/** What a rollout becomes, and what that means for the champion. */
export interface RolloutStep {
  readonly action: RolloutAction;
  readonly state: RolloutState;
  readonly position: number;
  readonly champion: number;
  /** `promote` as any promotion, asked of its policy; `back` to the version from before a flip, which is not asked. */
  readonly move: "promote" | "back" | null;
}

type Facts = Pick<Rollout, "model" | "spec" | "state" | "position" | "champion" | "baseline">;

export const isActive = ({ state }: Pick<Rollout, "state">): boolean =>
  state === "running" || state === "paused";

/** What an order makes of a rollout; null where it is so already. Throws CONFLICT and INVALID_REQUEST. */
export function follow(rollout: Facts, order: RolloutOrder): RolloutStep | null {
  const { state, position, champion } = rollout;
  const same = { position, champion, move: null };
  if (!isActive(rollout)) return requireDone(rollout, order);
  switch (order.kind) {
    case "pause":
      return state === "paused" ? null : { ...same, action: "paused", state: "paused" };
    case "resume":
      return state === "running" ? null : { ...same, action: "resumed", state: "running" };
    case "advance":
      return advance(rollout);
    case "abort":
      return abort(rollout);
    case "promote":
      return promote(rollout, order.version);
  }
}

function advance({ spec, state, position, champion }: Facts): RolloutStep {
  if (spec.strategy !== "canary") {
    throw new Problem("CONFLICT", "Only a canary has steps to go on to; promote a candidate, or abort.");
  }
  if (position + 1 >= spec.steps.length) {
    throw new Problem("CONFLICT", "The canary is at its last step; promote its candidate, or abort.");
  }
  return { action: "advanced", state, position: position + 1, champion, move: null };
}

function abort({ champion, baseline, position }: Facts): RolloutStep {
  const move = champion === baseline ? null : "back";
  return { action: "aborted", state: "aborted", position, champion: baseline, move };
}

function promote(rollout: Facts, wanted: number | undefined): RolloutStep {
  const { spec, state, position, champion } = rollout;
  const candidates = candidatesOf(spec);
  const [only, ...others] = candidates;
  if (wanted !== undefined && !candidates.includes(wanted)) {
    throw new Problem(
      "INVALID_REQUEST",
      `Version ${wanted} is not in this rollout; ${candidates.join(", ")} are.`,
    );
  }
  const version = wanted ?? (others.length === 0 ? only : undefined);
  if (version === undefined) {
    throw new Problem("INVALID_REQUEST", `Say which version: ${candidates.join(", ")}.`);
  }
  if (spec.strategy !== "blueGreen") {
    return { action: "promoted", state: "promoted", position, champion: version, move: "promote" };
  }
  if (champion === version) return { action: "promoted", state: "promoted", position, champion, move: null };
  return { action: "flipped", state, position: 1, champion: version, move: "promote" };
}

/** A repeated order finds what it asked for; everything else comes too late. */
function requireDone({ model, state, champion }: Facts, order: RolloutOrder): null {
  if (order.kind === "abort" && state === "aborted") return null;
  if (order.kind === "promote" && state === "promoted" && (order.version ?? champion) === champion)
    return null;
  const back = state === "promoted" ? ` Go back with POST /api/bedplate/v1/models/${model}/rollback.` : "";
  throw new Problem("CONFLICT", `The rollout has ended: ${state}.${back}`);
}
