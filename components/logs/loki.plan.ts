import { defineAddon, type PlatformContext, release, type Values } from "../kubernetes/addon.plan.ts";
import { ingress } from "../kubernetes/namespace.plan.ts";
import { options, quantity, whole } from "../kubernetes/options.plan.ts";
import { resourcesOf } from "../kubernetes/pod.plan.ts";
import { bucketOf, bucketSecret, toObjectStore } from "../object-store/buckets.plan.ts";

const name = "loki";
const namespace = "logs";

function values(retentionDays: number, storage: string, context: PlatformContext): Values {
  const { production, storageClass } = context;
  const { bucket, endpoint, region, pathStyle, prefix } = bucketOf(context, name);
  return {
    deploymentMode: "Monolithic",
    minio: { enabled: false },
    gateway: { enabled: false },
    chunksCache: { enabled: production },
    resultsCache: { enabled: production },
    lokiCanary: { enabled: false },
    test: { enabled: false },
    singleBinary: {
      replicas: production ? 3 : 1,
      persistence: { size: storage, ...(storageClass !== undefined && { storageClass }) },
      resources: resourcesOf({ cpu: "500m", memory: production ? "4Gi" : "1Gi" }),
      extraArgs: ["-config.expand-env=true"],
      extraEnvFrom: [{ secretRef: { name: bucketSecret(name) } }],
    },
    loki: {
      auth_enabled: false,
      commonConfig: { replication_factor: production ? 3 : 1 },
      limits_config: { retention_period: `${retentionDays * 24}h` },
      compactor: { retention_enabled: true, delete_request_store: "s3" },
      storage: {
        type: "s3",
        bucketNames: { chunks: bucket, ruler: bucket },
        s3: {
          region,
          s3ForcePathStyle: pathStyle,
          ...(endpoint !== undefined && { endpoint, insecure: endpoint.startsWith("http:") }),
        },
        ...(prefix !== "" && { object_store: { storage_prefix: prefix.replaceAll("/", "_") } }),
      },
      schemaConfig: {
        configs: [
          {
            from: "2026-01-01",
            store: "tsdb",
            object_store: "s3",
            schema: "v13",
            index: { prefix: "loki_", period: "24h" },
          },
        ],
      },
    },
  };
}

/** Logs by Loki, in one process each, kept in the object store. */
export const loki = defineAddon({
  type: "bedplate:logs:Loki",
  provides: ["logs"],
  requires: ["objectStore"],
  options: options({
    retentionDays: whole(1, 3650).default(30),
    storage: quantity.default("20Gi"),
  }),
  requests: () => ({ buckets: [{ name, namespaces: [namespace] }] }),
  plan: ({ retentionDays, storage }, context) => ({
    namespaces: [
      {
        name: namespace,
        holdsData: true,
        allows: [ingress("http", [3100], "cluster"), ...toObjectStore(context)],
      },
    ],
    stages: [[release("loki", namespace, values(retentionDays, storage, context))]],
    monitors: [{ name, namespace, labels: { "app.kubernetes.io/name": "loki" }, port: "http-metrics" }],
    connections: { logs: { url: `http://loki.${namespace}:3100`, namespace } },
  }),
});
