import { labelNames, namesAreKnown, plainName } from "../../lib/labels.ts";
import { fieldsOf } from "../../lib/plain-data.ts";
import { defineRule, type ResourceView } from "../../lib/rule.ts";

const required = ["bedplate.dev/owner", "bedplate.dev/environment"] as const;

/** What a cloud calls labels. */
const labelFields = ["labels", "tags", "userLabels", "resourceLabels", "effectiveLabels"];

/**
 * Packages whose resources exist in the state alone, where nobody meets them, and releases of Helm, which have no labels:
 * what a chart makes is told by its namespace and the release's name.
 */
const stateOnly = /^((pulumi|random|tls|time|command|std|local):|kubernetes:helm\.sh\/v3:Release$)/;

const chainOf = (urn: string) => urn.split("::")[2] ?? "";

/** Made by a component of ours, at any depth, or one of our own kinds. */
function isOurs({ type, urn, custom }: ResourceView): boolean {
  if (!custom || stateOnly.test(type)) return false;
  return type.startsWith("pulumi-nodejs:dynamic/bedplate:") || /(^|\$)bedplate:/.test(chainOf(urn));
}

function labelPlaces(properties: unknown): readonly unknown[] {
  const fields = fieldsOf(properties);
  return [...labelFields.map((name) => fields[name]), fields.metadata, fieldsOf(fields.metadata).labels];
}

export const ownerAndEnvironment = defineRule(import.meta.url, {
  description:
    "Every resource of ours says whose it is and what it is for, so that costs and questions find their owner.",
  severity: "low",
  controls: ["SOC 2 CC6.1"],
  remediation: "Pass the component's labels on to the resource.",
  violations: (resource) => {
    if (!isOurs(resource)) return [];
    const places = labelPlaces(resource.properties);
    if (!places.every(namesAreKnown)) return [];
    const names = labelNames(places);
    const missing = required.filter((name) => !names.has(plainName(name)));
    if (missing.length === 0) return [];
    return [
      `${missing.join(" and ")} ${missing.length > 1 ? "are" : "is"} missing: pass the component's labels on to it as labels, tags or metadata.labels`,
    ];
  },
});
