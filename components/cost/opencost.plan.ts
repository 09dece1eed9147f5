import { defineAddon, need, release } from "../kubernetes/addon.plan.ts";
import { apiServer, egress, ingress, internet } from "../kubernetes/namespace.plan.ts";
import { options } from "../kubernetes/options.plan.ts";
import { readOnlyContainer, resourcesOf, restrictedPod } from "../kubernetes/pod.plan.ts";

const namespace = "cost";

/** What each team's pods cost, by OpenCost over Prometheus. */
export const openCost = defineAddon({
  type: "bedplate:cost:OpenCost",
  provides: ["cost"],
  requires: ["monitoring"],
  options: options({}),
  plan: (_options, context) => {
    const monitoring = need(context, "monitoring");
    return {
      namespaces: [
        {
          name: namespace,
          allows: [
            apiServer,
            internet,
            ingress("http", [9003, 9090], "cluster"),
            egress(monitoring.namespace, 9090),
          ],
        },
      ],
      stages: [
        [
          release("opencost", namespace, {
            podSecurityContext: restrictedPod,
            opencost: {
              exporter: {
                securityContext: readOnlyContainer,
                resources: resourcesOf({ cpu: "50m", memory: "512Mi" }),
              },
              ui: { enabled: false },
              prometheus: {
                internal: { enabled: false },
                external: { enabled: true, url: monitoring.prometheus },
              },
            },
          }),
        ],
      ],
      monitors: [
        { name: "opencost", namespace, labels: { "app.kubernetes.io/name": "opencost" }, port: "http" },
      ],
      connections: { cost: { url: `http://opencost.${namespace}:9003`, namespace } },
    };
  },
});
