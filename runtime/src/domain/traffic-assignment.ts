import type { StickyKey } from "@bedplate/contract";
import type { RolloutPlan } from "./rollout-plan.ts";
import { pointOf, versionAt } from "./traffic-split.ts";

/** What a request tells of its caller. */
export interface RoutedRequest {
  /** Of the one request and no other. */
  readonly requestId: string;
  /** A header's value by its name in lower case. */
  readonly header: (name: string) => string | undefined;
  /** The request's own `id`, and its parameters. */
  readonly id?: string | undefined;
  readonly parameters?: Readonly<Record<string, unknown>> | undefined;
}

/** The version that answers a request; null for the champion. `salt` makes rollouts draw independently of each other. */
export function assign(
  { match, shares, sticky }: Pick<RolloutPlan, "match" | "shares" | "sticky">,
  salt: string,
  request: RoutedRequest,
): number | null {
  if (match !== null && request.header(match.header) === match.value) return match.version;
  if (shares.every(({ share }) => share === 0)) return null;
  return versionAt(shares, pointOf(salt, stickyKeyOf(sticky, request) ?? request.requestId));
}

/** What stays the same for a caller; null where the request does not tell. */
function stickyKeyOf(sticky: StickyKey, { header, id, parameters }: RoutedRequest): string | null {
  switch (sticky.by) {
    case "request":
      return null;
    case "id":
      return id ?? null;
    case "header":
      return header(sticky.name) ?? null;
    case "parameter": {
      if (parameters === undefined || !Object.hasOwn(parameters, sticky.name)) return null;
      const value = parameters[sticky.name];
      const isPlain = typeof value === "string" || typeof value === "number" || typeof value === "boolean";
      return isPlain ? String(value) : null;
    }
  }
}
