import { fieldsOf, isUnknown, itemsOf } from "../../lib/plain-data.ts";
import { containersOf } from "../../lib/pod.ts";
import { definePodRule, isSet } from "../../lib/pod-security.ts";

export const hostPorts = definePodRule(
  import.meta.url,
  {
    description: "No container opens a port of its node, where network policies do not reach.",
    severity: "medium",
    controls: ["PSS baseline", "CIS Kubernetes 5.2.13"],
    remediation: "Remove hostPort and use a Service.",
  },
  ({ spec }) =>
    containersOf(spec).flatMap(({ path, container }) =>
      itemsOf(container.ports).flatMap((item, index) => {
        const { hostPort } = fieldsOf(item);
        if (!isSet(hostPort) || isUnknown(hostPort) || Number(hostPort) === 0) return [];
        return [
          { at: `${path}.ports[${index}].hostPort`, what: "opens a port of every node: use a Service" },
        ];
      }),
    ),
);
