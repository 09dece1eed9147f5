import { routeTo, urlOf } from "../gateway/kubernetes.plan.ts";
import { defineAddon, object, release } from "../kubernetes/addon.plan.ts";
import { ingress } from "../kubernetes/namespace.plan.ts";
import { options, whole } from "../kubernetes/options.plan.ts";
import { readOnlyContainer, resourcesOf, restrictedPod } from "../kubernetes/pod.plan.ts";
import { bucketOf, bucketSecret, toObjectStore } from "../object-store/buckets.plan.ts";
import { databaseSecret, toSql } from "../sql/databases.plan.ts";

const name = "mlflow";
const namespace = "mlflow";

/** MLflow's own server, beside the runtime, which speaks the same protocol; its rows in PostgreSQL, its files in a bucket. */
export const mlflow = defineAddon({
  type: "bedplate:tracking:MlflowServer",
  provides: ["tracking"],
  requires: ["sql", "objectStore"],
  after: ["gateway"],
  options: options({ replicas: whole(1, 20).optional() }),
  requests: () => ({
    buckets: [{ name, namespaces: [namespace] }],
    databases: [{ name, namespaces: [namespace] }],
  }),
  plan: ({ replicas }, context) => {
    const { bucket, prefix, endpoint } = bucketOf(context, name);
    const database = { name: databaseSecret(name), key: "url" };
    return {
      namespaces: [
        {
          name: namespace,
          allows: [ingress("http", [5000], "cluster"), ...toSql(context), ...toObjectStore(context)],
        },
      ],
      stages: [
        [
          release("mlflow", namespace, {
            replicaCount: replicas ?? (context.production ? 2 : 1),
            podSecurityContext: restrictedPod,
            securityContext: readOnlyContainer,
            resources: resourcesOf({ cpu: "500m", memory: "2Gi" }),
            mlflow: { backendStoreUriFrom: { secretKeyRef: database } },
            server: {
              value_options: {
                allowed_hosts: [`${name}.${context.domain}`, `${name}.${namespace}`, "localhost"].join(","),
                artifacts_destination: `s3://${[bucket, prefix].filter((part) => part !== "").join("/")}`,
              },
            },
            envFrom: [{ secretRef: { name: bucketSecret(name) } }],
            ...(endpoint !== undefined && { env: [{ name: "MLFLOW_S3_ENDPOINT_URL", value: endpoint }] }),
          }),
        ],
        routeTo(context, { name, namespace }, name, 5000).map(object),
      ],
      connections: { tracking: { url: urlOf(context, name, `http://${name}.${namespace}:5000`), namespace } },
    };
  },
});
