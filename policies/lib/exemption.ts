import { fieldsOf, itemsOf } from "./plain-data.ts";
import type { ResourceView } from "./rule.ts";

/** Leave to break a rule, of one resource or of all whose names fit. */
export interface Exemption {
  /** The name or the whole URN of a resource; `*` stands for any letters. */
  readonly resource: string;
  readonly owner: string;
  /** The last day that it holds, such as 2027-01-31, in UTC. */
  readonly expires: string;
}

function fits(pattern: string, text: string): boolean {
  const parts = pattern.split("*").map((part) => part.replaceAll(/[\\^$.|?+()[\]{}]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}$`, "s").test(text);
}

const nameOf = ({ urn }: ResourceView) => urn.split("::").slice(3).join("::");

/** What is left of a rule's violations: nothing while an exemption holds, all when it has expired, which is said. */
export function exempt(
  violations: readonly string[],
  resource: ResourceView,
  exemptions: readonly Exemption[],
  today: string,
): readonly string[] {
  if (violations.length === 0) return [];
  const own = exemptions.filter(
    ({ resource: pattern }) => fits(pattern, resource.urn) || fits(pattern, nameOf(resource)),
  );
  if (own.some(({ expires }) => today <= expires)) return [];
  const [expired] = own;
  if (expired === undefined) return violations;
  const note = ` (the exemption that ${expired.owner} answers for expired on ${expired.expires})`;
  return violations.map((violation) => violation + note);
}

/** Exemptions from the engine's untyped config; what is none is left out. */
export function readExemptions(given: unknown): readonly Exemption[] {
  return itemsOf(given).flatMap((item) => {
    const { resource, owner, expires } = fieldsOf(item);
    return typeof resource === "string" && typeof owner === "string" && typeof expires === "string"
      ? [{ resource, owner, expires }]
      : [];
  });
}

export const todayInUtc = () => new Date().toISOString().slice(0, 10);
