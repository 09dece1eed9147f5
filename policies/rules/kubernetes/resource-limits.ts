import { fieldsOf, isUnknown } from "../../lib/plain-data.ts";
import { containersOf } from "../../lib/pod.ts";
import { definePodRule, isSet } from "../../lib/pod-security.ts";

/** Processor time is shared fairly by requests; a limit on it throttles without need, so none is asked for. */
const wanted = [
  ["requests", "cpu"],
  ["requests", "memory"],
  ["limits", "memory"],
] as const;

/** What the API server takes from the limit when the request is missing. */
const has = (resources: unknown, kind: string, name: string) => {
  const value = fieldsOf(fieldsOf(resources)[kind])[name];
  return isSet(value) || (kind === "requests" && isSet(fieldsOf(fieldsOf(resources).limits)[name]));
};

export const resourceLimits = definePodRule(
  import.meta.url,
  {
    description:
      "Every container asks for processor time and memory and has a limit of memory, so that none starves others.",
    severity: "medium",
    controls: ["NSA/CISA 1.2 resource policies", "SOC 2 A1.1"],
    remediation: "Set resources.requests.cpu, resources.requests.memory and resources.limits.memory.",
  },
  ({ spec }) =>
    containersOf(spec)
      // Kubernetes allows no resources for ephemeral containers.
      .filter(({ path }) => !path.startsWith("ephemeralContainers"))
      .flatMap(({ path, container: { resources } }) => {
        const { requests, limits } = fieldsOf(resources);
        if ([resources, requests, limits].some(isUnknown)) return [];
        return wanted
          .filter(([kind, name]) => !has(resources, kind, name))
          .map(([kind, name]) => ({ at: `${path}.resources.${kind}.${name}`, what: "is missing: set it" }));
      }),
);
