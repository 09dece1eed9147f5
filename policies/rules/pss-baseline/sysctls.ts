import { isIn, not } from "../../lib/condition.ts";
import { definePodRule } from "../../lib/object-rule.ts";
import { fieldsOf, quote } from "../../lib/plain-data.ts";
import { each, thePod, within } from "../../lib/scope.ts";

/** Namespaced and isolated, so safe; the list as of Kubernetes 1.37. */
const safe = [
  "kernel.shm_rmid_forced",
  "net.ipv4.ip_local_port_range",
  "net.ipv4.ip_local_reserved_ports",
  "net.ipv4.ip_unprivileged_port_start",
  "net.ipv4.ping_group_range",
  "net.ipv4.tcp_fin_timeout",
  "net.ipv4.tcp_keepalive_intvl",
  "net.ipv4.tcp_keepalive_probes",
  "net.ipv4.tcp_keepalive_time",
  "net.ipv4.tcp_notsent_lowat",
  "net.ipv4.tcp_rmem",
  "net.ipv4.tcp_slow_start_after_idle",
  "net.ipv4.tcp_syncookies",
  "net.ipv4.tcp_wmem",
];

export const sysctls = definePodRule(
  import.meta.url,
  {
    description: "No pod sets kernel parameters that reach beyond itself.",
    severity: "medium",
    controls: ["PSS baseline"],
    remediation: "Remove the parameter from securityContext.sysctls, or set it on the nodes.",
  },
  [
    {
      each: within(thePod, each("securityContext.sysctls")),
      refuse: not(isIn("name", safe)),
      what: (sysctl) => `is ${quote(fieldsOf(sysctl).name)}, which reaches beyond the pod`,
    },
  ],
);
