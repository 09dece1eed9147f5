import type { Rollout, RolloutSpec, StickyKey } from "@bedplate/contract";
import { shareOf, type TrafficShare } from "./traffic-split.ts";

/** What a rollout asks of the replicas, as long as it is active. */
export interface RolloutPlan {
  /** Versions that must be in memory beside the champion. */
  readonly versions: readonly number[];
  /** Versions that answer callers, and with what share; the champion answers the rest. */
  readonly shares: readonly TrafficShare[];
  readonly sticky: StickyKey;
  /** Requests with this header go to a version whatever the shares. */
  readonly match: { readonly header: string; readonly value: string; readonly version: number } | null;
  /** What is repeated to versions that answer nobody; null for nothing. */
  readonly shadow: ShadowPlan | null;
}

interface ShadowPlan {
  readonly versions: readonly number[];
  readonly share: number;
  readonly tolerance: { readonly absolute: number; readonly relative: number };
  readonly queueLimit: number;
  readonly queueBytes: number;
}

type Facts = Pick<Rollout, "spec" | "position" | "champion" | "baseline">;

const unsticky: StickyKey = { by: "request" };

/** Every version that a rollout tries. */
export function candidatesOf(spec: RolloutSpec): readonly number[] {
  if (spec.strategy === "ab") return spec.candidates.map(({ version }) => version);
  return spec.strategy === "shadow" ? spec.candidates : [spec.candidate];
}

/** Whether a rollout's candidates answer callers, and not only beside the champion. */
export const answersCallers = ({ strategy }: RolloutSpec): boolean => strategy !== "shadow";

/** Which versions a replica holds and who answers what. */
export function planOf({ spec, position, champion, baseline }: Facts): RolloutPlan {
  const none = { shares: [], sticky: unsticky, match: null, shadow: null };
  switch (spec.strategy) {
    case "canary": {
      const { candidate: version, match, sticky } = spec;
      const shares = [{ version, share: shareOf(percentAt(spec, position)) }];
      const matched = match === undefined ? null : { ...match, version };
      return { ...none, versions: [version], shares, sticky, match: matched };
    }
    case "ab": {
      const { candidates, sticky } = spec;
      const shares = candidates.map(({ version, percent }) => ({ version, share: shareOf(percent) }));
      return { ...none, versions: candidatesOf(spec), shares, sticky };
    }
    case "shadow": {
      const { candidates: versions, percent, ...rest } = spec;
      return { ...none, versions, shadow: { ...rest, versions, share: shareOf(percent) } };
    }
    case "blueGreen":
      // Until the flip the new version is kept beside the old one, afterwards the old one beside the new.
      return { ...none, versions: [spec.candidate, baseline].filter((version) => version !== champion) };
  }
}

/** The part of a canary's requests that its candidate gets at a step, in percent. */
export function percentAt(spec: Extract<RolloutSpec, { strategy: "canary" }>, position: number): number {
  return spec.steps[Math.min(position, spec.steps.length - 1)]?.percent ?? 0;
}
