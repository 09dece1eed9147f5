import { fieldsOf, isUnknown } from "../../lib/plain-data.ts";
import { containersOf } from "../../lib/pod.ts";
import { definePodRule, isSet } from "../../lib/pod-security.ts";

const probes = ["livenessProbe", "readinessProbe", "startupProbe"];

export const hostProbes = definePodRule(
  import.meta.url,
  {
    description: "No probe or lifecycle hook names a host: the node would call any address for the pod.",
    severity: "medium",
    controls: ["PSS baseline (1.34)"],
    remediation: "Remove host from httpGet and tcpSocket; a probe then calls the pod itself.",
  },
  ({ spec }) =>
    containersOf(spec).flatMap(({ path, container }) => {
      const hooks = fieldsOf(container.lifecycle);
      const handlers = [
        ...probes.map((name) => [name, container[name]] as const),
        ...["postStart", "preStop"].map((name) => [`lifecycle.${name}`, hooks[name]] as const),
      ];
      return handlers.flatMap(([name, handler]) =>
        ["httpGet", "tcpSocket"]
          .map((action) => [action, fieldsOf(fieldsOf(handler)[action]).host] as const)
          .filter(([, host]) => isSet(host) && !isUnknown(host) && host !== "")
          .map(([action]) => ({ at: `${path}.${name}.${action}.host`, what: "names a host: remove it" })),
      );
    }),
);
