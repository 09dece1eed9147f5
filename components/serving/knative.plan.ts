import { defineAddon, need, object, release } from "../kubernetes/addon.plan.ts";
import { custom } from "../kubernetes/manifest.plan.ts";
import { apiServer, ingress, internet, webhook } from "../kubernetes/namespace.plan.ts";
import { options, whole } from "../kubernetes/options.plan.ts";

const namespace = "knative-serving";

/** Servers that end when nobody calls, by Knative: its operator, and Serving over the gateway. */
export const knative = defineAddon({
  type: "bedplate:serving:Knative",
  provides: ["scaleToZero"],
  requires: ["gateway"],
  options: options({
    /** Time without a call after which a server ends, in seconds. */
    idleSeconds: whole(6, 86_400).default(60),
  }),
  plan: ({ idleSeconds }, context) => {
    const { domain, production } = context;
    const gateway = need(context, "gateway");
    return {
      namespaces: [
        { name: "knative-operator", allows: [apiServer, internet, webhook(8443)] },
        {
          name: namespace,
          allows: [
            apiServer,
            internet,
            webhook(8443),
            ingress("requests", [8012, 8013, 8080, 9090], "cluster"),
            { name: "servers", to: ["cluster"] },
          ],
        },
      ],
      stages: [
        [release("knative-operator", "knative-operator", {}, { data: true })],
        [
          object(
            custom(
              "KnativeServing",
              { name: namespace, namespace },
              {
                version: "1.23",
                "high-availability": { replicas: production ? 2 : 1 },
                config: {
                  domain: { [domain]: "" },
                  network: { "ingress-class": "gateway-api.ingress.networking.knative.dev" },
                  gateway: {
                    "external-gateways": `- class: ${gateway.className}\n  gateway: ${gateway.namespace}/${gateway.name}\n`,
                  },
                  autoscaler: {
                    "scale-to-zero-grace-period": `${Math.max(30, idleSeconds)}s`,
                    "stable-window": `${idleSeconds}s`,
                  },
                },
              },
            ),
          ),
        ],
      ],
      connections: { scaleToZero: { namespace } },
    };
  },
});
