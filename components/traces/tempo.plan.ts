import { defineAddon, release } from "../kubernetes/addon.plan.ts";
import { ingress } from "../kubernetes/namespace.plan.ts";
import { options, whole } from "../kubernetes/options.plan.ts";
import { readOnlyContainer, resourcesOf, restrictedPod } from "../kubernetes/pod.plan.ts";
import { bucketOf, bucketSecret, toObjectStore } from "../object-store/buckets.plan.ts";

const name = "tempo";
const namespace = "traces";

/** Traces by Tempo, kept in the object store. */
export const tempo = defineAddon({
  type: "bedplate:traces:Tempo",
  provides: ["traces"],
  requires: ["objectStore"],
  options: options({ retentionDays: whole(1, 3650).default(14) }),
  requests: () => ({ buckets: [{ name, namespaces: [namespace] }] }),
  plan: ({ retentionDays }, context) => {
    const { bucket, prefix, endpoint, region, pathStyle } = bucketOf(context, name);
    return {
      namespaces: [
        {
          name: namespace,
          holdsData: context.production,
          allows: [ingress("otlp-and-queries", [4317, 4318, 3200], "cluster"), ...toObjectStore(context)],
        },
      ],
      stages: [
        [
          release("tempo", namespace, {
            replicas: 1,
            securityContext: restrictedPod,
            tempo: {
              securityContext: readOnlyContainer,
              resources: resourcesOf({ cpu: "500m", memory: context.production ? "4Gi" : "1Gi" }),
              retention: `${retentionDays * 24}h`,
              extraArgs: { "config.expand-env": true },
              extraEnvFrom: [{ secretRef: { name: bucketSecret(name) } }],
              receivers: {
                otlp: {
                  protocols: { grpc: { endpoint: "0.0.0.0:4317" }, http: { endpoint: "0.0.0.0:4318" } },
                },
              },
              storage: {
                trace: {
                  backend: "s3",
                  s3: {
                    bucket,
                    ...(prefix !== "" && { prefix }),
                    region,
                    forcepathstyle: pathStyle,
                    ...(endpoint !== undefined && {
                      endpoint: endpoint.replace(/^https?:\/\//, ""),
                      insecure: endpoint.startsWith("http:"),
                    }),
                  },
                },
              },
            },
            persistence: { enabled: context.production },
          }),
        ],
      ],
      monitors: [
        { name, namespace, labels: { "app.kubernetes.io/name": "tempo" }, port: "tempo-prom-metrics" },
      ],
      connections: {
        traces: {
          otlp: `http://tempo.${namespace}:4317`,
          query: `http://tempo.${namespace}:3200`,
          namespace,
        },
      },
    };
  },
});
