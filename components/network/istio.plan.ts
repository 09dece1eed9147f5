import { z } from "zod";
import { defineAddon, object, release } from "../kubernetes/addon.plan.ts";
import { custom } from "../kubernetes/manifest.plan.ts";
import { apiServer, ingress, webhook } from "../kubernetes/namespace.plan.ts";
import { options } from "../kubernetes/options.plan.ts";

const namespace = "istio-system";

/** Encryption between pods without a container beside each: Istio in ambient mode. */
export const istio = defineAddon({
  type: "bedplate:network:Istio",
  provides: ["mesh"],
  after: ["gateway", "monitoring"],
  options: options({
    /** `STRICT` refuses what is not encrypted; namespaces join with the label `istio.io/dataplane-mode: ambient`. */
    mode: z.enum(["PERMISSIVE", "STRICT"], "PERMISSIVE or STRICT").default("PERMISSIVE"),
  }),
  plan: ({ mode }, { production }) => ({
    namespaces: [
      {
        name: namespace,
        level: "privileged",
        reason: "the mesh sets up the network of its node",
        allows: [
          apiServer,
          webhook(15_017),
          ingress("mesh", [15_008, 15_010, 15_012, 15_014, 15_020, 15_021], "anywhere"),
          { name: "pods", to: ["cluster"] },
        ],
      },
    ],
    stages: [
      [release("istio-base", namespace, {}, { data: true })],
      [
        release("istiod", namespace, {
          profile: "ambient",
          autoscaleMin: production ? 2 : 1,
          ...(production && { pdb: { minAvailable: 1 } }),
        }),
        release("istio-cni", namespace, { profile: "ambient" }),
      ],
      [release("ztunnel", namespace, {})],
      [object(custom("PeerAuthentication", { name: "default", namespace }, { mtls: { mode } }))],
    ],
    connections: { mesh: { namespace } },
  }),
});
