import { fieldsOf, quote } from "../../lib/plain-data.ts";
import { defineRule } from "../../lib/rule.ts";

/** Where the clouds' resources say what they are in. */
const places = ["region", "location", "zone", "availabilityZone"] as const;
/** `europe-west4-b` and `eu-central-1a` are zones of a region. */
const zone = /^(?<region>[a-z]+-(?:[a-z]+-)*[a-z]+-?\d+)-?[a-z]$/;

const regionOf = (place: string) => zone.exec(place)?.groups?.region ?? place;

export const regions = defineRule(import.meta.url, {
  description:
    "Everything lies in a region that the organisation allows, so that data stays where it may be.",
  severity: "high",
  controls: ["SOC 2 C1.1"],
  remediation: "Move it to an allowed region, or add the region to parameters.allowedRegions.",
  violations: ({ type, properties }, { allowedRegions }) => {
    if (allowedRegions === undefined || !/^(aws|gcp):/.test(type)) return [];
    const fields = fieldsOf(properties);
    return places.flatMap((path) => {
      const place = fields[path];
      if (typeof place !== "string" || allowedRegions.includes(regionOf(place.toLowerCase()))) return [];
      return [`${path} is ${quote(place)}: allowed are ${allowedRegions.join(", ") || "none"}`];
    });
  },
});
