import { any, every, isGiven, isIn, matches, not } from "../../lib/condition.ts";
import { definePodRule } from "../../lib/object-rule.ts";
import { quote } from "../../lib/plain-data.ts";
import { workingContainers } from "../../lib/scope.ts";

/**
 * What must be there, and what the API server takes when it is missing. Processor time is shared fairly by requests; a
 * limit on it throttles without need, so none is asked for.
 */
const wanted = [
  ["resources.requests.cpu", "resources.limits.cpu"],
  ["resources.requests.memory", "resources.limits.memory"],
  ["resources.limits.memory"],
] as const;

/** A request for nothing is none, and so is a limit of nothing. */
const isNothing = (path: string) => any(isIn(path, [0]), matches(path, "^0+([.]0*)?[A-Za-z]*$"));

export const resourceLimits = definePodRule(
  import.meta.url,
  {
    description:
      "Every container asks for processor time and memory and has a limit of memory, so that none starves others.",
    severity: "medium",
    controls: ["NSA/CISA 1.2 resource policies", "SOC 2 A1.1"],
    remediation: "Set resources.requests.cpu, resources.requests.memory and resources.limits.memory.",
  },
  // Kubernetes allows no resources for ephemeral containers.
  wanted.map(([wants, ...stands]) => ({
    each: workingContainers,
    refuse: any(isNothing(wants), every(...[wants, ...stands].map((path) => not(isGiven(path))))),
    at: wants,
    what: (value) => `is ${quote(value)}: set it`,
  })),
);
