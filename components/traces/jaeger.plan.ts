import { defineAddon, release } from "../kubernetes/addon.plan.ts";
import { ingress } from "../kubernetes/namespace.plan.ts";
import { options } from "../kubernetes/options.plan.ts";
import { readOnlyContainer, resourcesOf, restrictedPod } from "../kubernetes/pod.plan.ts";

const namespace = "traces";

/** Traces by Jaeger, in memory: for looking at what runs now, on a small platform. */
export const jaeger = defineAddon({
  type: "bedplate:traces:Jaeger",
  provides: ["traces"],
  options: options({}),
  check: (_options, production) =>
    production
      ? [
          {
            path: "size",
            value: "production",
            allowed: "small, because it keeps traces in memory alone",
            fix: "use tempo in place of jaeger",
          },
        ]
      : [],
  plan: () => ({
    namespaces: [{ name: namespace, allows: [ingress("otlp-and-queries", [4317, 4318, 16_686], "cluster")] }],
    stages: [
      [
        release("jaeger", namespace, {
          jaeger: {
            podSecurityContext: restrictedPod,
            securityContext: readOnlyContainer,
            resources: resourcesOf({ cpu: "200m", memory: "1Gi" }),
          },
          storage: { type: "memory" },
        }),
      ],
    ],
    connections: {
      traces: {
        otlp: `http://jaeger.${namespace}:4317`,
        query: `http://jaeger.${namespace}:16686`,
        namespace,
      },
    },
  }),
});
