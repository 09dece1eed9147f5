import { fieldsOf, isUnknown, itemsOf } from "../../lib/plain-data.ts";
import { containerContexts, definePodRule, isWindows, quote } from "../../lib/pod-security.ts";

export const restrictedCapabilities = definePodRule(
  import.meta.url,
  {
    description: "Every container gives all capabilities up and takes back at most NET_BIND_SERVICE.",
    severity: "high",
    controls: ["PSS restricted", "CIS Kubernetes 5.2.9", "CIS Kubernetes 5.2.10"],
    remediation: "Set securityContext.capabilities to {drop: [ALL]} on every container.",
  },
  ({ spec }) =>
    isWindows(spec)
      ? []
      : containerContexts(spec).flatMap(({ at, context }) => {
          if (isUnknown(context.capabilities)) return [];
          const { add, drop } = fieldsOf(context.capabilities);
          const dropsAll = isUnknown(drop) || itemsOf(drop).some((name) => name === "ALL" || isUnknown(name));
          return [
            ...(dropsAll ? [] : [{ at: `${at}.capabilities.drop`, what: 'lacks "ALL": add it' }]),
            ...itemsOf(add)
              .filter((name) => name !== "NET_BIND_SERVICE" && !isUnknown(name))
              .map((name) => ({ at: `${at}.capabilities.add`, what: `has ${quote(name)}: remove it` })),
          ];
        }),
);
