import { z } from "zod";
import { defineAddon, object, release } from "../kubernetes/addon.plan.ts";
import { custom } from "../kubernetes/manifest.plan.ts";
import { apiServer, internet, webhook } from "../kubernetes/namespace.plan.ts";
import { options } from "../kubernetes/options.plan.ts";
import { readOnlyContainer, resourcesOf, restrictedPod } from "../kubernetes/pod.plan.ts";

const namespace = "external-secrets";
const store = "platform";

/** Secrets that live elsewhere, in a cloud's store or in Vault, as Secrets of the cluster. */
export const externalSecrets = defineAddon({
  type: "bedplate:secrets:ExternalSecrets",
  provides: ["secrets"],
  options: options({
    /** The store in the operator's own words: one key, such as `aws`, `gcpsm` or `vault`. */
    provider: z
      .record(
        z.string(),
        z.unknown(),
        "a map with one store, such as {aws: {service: SecretsManager, region: eu-west-1}}",
      )
      .refine((given) => Object.keys(given).length === 1, "exactly one store"),
  }),
  plan: ({ provider }, { production }) => {
    const hardened = {
      podSecurityContext: restrictedPod,
      securityContext: readOnlyContainer,
      resources: resourcesOf({ cpu: "50m", memory: "256Mi" }),
    };
    return {
      namespaces: [{ name: namespace, allows: [apiServer, internet, webhook(10_250, 9443)] }],
      stages: [
        [
          release(
            "external-secrets",
            namespace,
            {
              installCRDs: true,
              replicaCount: production ? 2 : 1,
              ...hardened,
              webhook: hardened,
              certController: hardened,
            },
            { data: true },
          ),
        ],
        [object(custom("ClusterSecretStore", { name: store }, { provider }))],
      ],
      connections: { secrets: { store } },
    };
  },
});
