import type { PlatformContext, Values } from "../kubernetes/addon.plan.ts";
import { defineAddon, release, secret } from "../kubernetes/addon.plan.ts";
import { ingress } from "../kubernetes/namespace.plan.ts";
import { options, quantity, whole } from "../kubernetes/options.plan.ts";
import { readOnlyContainer, resourcesOf, restrictedPod } from "../kubernetes/pod.plan.ts";

const namespace = "key-value";
const users = "valkey-users";
const port = 6379;

function values(
  { replicas, storage, memory }: { replicas: number; storage: string; memory: string },
  { production, storageClass }: PlatformContext,
): Values {
  return {
    podSecurityContext: restrictedPod,
    securityContext: readOnlyContainer,
    resources: resourcesOf({ cpu: "100m", memory }),
    readinessProbe: { enabled: true },
    auth: {
      enabled: true,
      usersExistingSecret: users,
      aclUsers: { default: { permissions: "~* &* +@all", passwordKey: "default" } },
    },
    metrics: { enabled: true },
    ...(production
      ? {
          replica: {
            enabled: true,
            replicas,
            minReplicasToWrite: 1,
            persistence: {
              size: storage,
              ...(storageClass !== undefined && { storageClass }),
            },
          },
        }
      : {}),
  };
}

/** Small hot values in memory: Valkey, alone or, in production, with replicas and disks. */
export const valkey = defineAddon({
  type: "bedplate:key-value:Valkey",
  provides: ["keyValue"],
  options: options({
    /** Beside the primary, in production. */
    replicas: whole(1, 10).default(2),
    storage: quantity.default("10Gi"),
    memory: quantity.default("1Gi"),
  }),
  plan: (given, context) => ({
    namespaces: [
      { name: namespace, holdsData: context.production, allows: [ingress("valkey", [port], "cluster")] },
    ],
    stages: [
      [
        secret({
          name: users,
          generate: { password: 24 },
          copies: [{ name: users, namespace, data: { default: "{{password}}" } }],
        }),
      ],
      [release("valkey", namespace, values(given, context), { data: context.production })],
    ],
    monitors: [
      { name: "valkey", namespace, labels: { "app.kubernetes.io/name": "valkey" }, port: "metrics" },
    ],
    connections: { keyValue: { host: `valkey.${namespace}`, port, namespace } },
  }),
});
