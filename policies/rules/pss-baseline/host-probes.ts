import { every, isGiven, isIn, not } from "../../lib/condition.ts";
import { definePodRule } from "../../lib/object-rule.ts";
import { containers, to, within } from "../../lib/scope.ts";

const handlers = [
  "livenessProbe",
  "readinessProbe",
  "startupProbe",
  "lifecycle.postStart",
  "lifecycle.preStop",
];

export const hostProbes = definePodRule(
  import.meta.url,
  {
    description: "No probe or lifecycle hook names a host: the node would call any address for the pod.",
    severity: "medium",
    controls: ["PSS baseline (1.34)"],
    remediation: "Remove host from httpGet and tcpSocket; a probe then calls the pod itself.",
  },
  [
    {
      each: handlers.flatMap((handler) =>
        ["httpGet", "tcpSocket"].flatMap((action) => within(containers, to(`${handler}.${action}`))),
      ),
      refuse: every(isGiven("host"), not(isIn("host", [""]))),
      at: "host",
      what: "names a host: remove it",
    },
  ],
);
