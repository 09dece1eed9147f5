import { routeTo, urlOf } from "../gateway/kubernetes.plan.ts";
import { defineAddon, object, release, secret } from "../kubernetes/addon.plan.ts";
import { ingress } from "../kubernetes/namespace.plan.ts";
import { options } from "../kubernetes/options.plan.ts";
import { readOnlyContainer, resourcesOf, restrictedPod } from "../kubernetes/pod.plan.ts";
import { bucketOf, bucketSecret, toObjectStore } from "../object-store/buckets.plan.ts";
import { databaseSecret, toSql } from "../sql/databases.plan.ts";

const name = "lakefs";
const namespace = "data-versions";

/** Versions of whole data sets by lakeFS, over the object store. */
export const lakeFs = defineAddon({
  type: "bedplate:data-versions:LakeFs",
  provides: ["dataVersions"],
  requires: ["sql", "objectStore"],
  after: ["gateway"],
  options: options({}),
  requests: () => ({
    buckets: [{ name, namespaces: [namespace] }],
    databases: [{ name, namespaces: [namespace] }],
  }),
  plan: (_options, context) => {
    const { endpoint, region, pathStyle } = bucketOf(context, name);
    const fromSecret = (variable: string, secretName: string, key: string) => ({
      name: variable,
      valueFrom: { secretKeyRef: { name: secretName, key } },
    });
    return {
      namespaces: [
        {
          name: namespace,
          allows: [ingress("http", [8000], "cluster"), ...toSql(context), ...toObjectStore(context)],
        },
      ],
      stages: [
        [
          secret({
            name: "lakefs-keys",
            generate: { encrypt: 32 },
            data: true,
            copies: [{ name: "lakefs-keys", namespace, data: { auth_encrypt_secret_key: "{{encrypt}}" } }],
          }),
        ],
        [
          release("lakefs", namespace, {
            replicaCount: context.production ? 2 : 1,
            podSecurityContext: restrictedPod,
            securityContext: readOnlyContainer,
            resources: resourcesOf({ cpu: "250m", memory: "1Gi" }),
            existingSecret: "lakefs-keys",
            secretKeys: { authEncryptSecretKey: "auth_encrypt_secret_key" },
            lakefsConfig: [
              "database:",
              "  type: postgres",
              "blockstore:",
              "  type: s3",
              "  s3:",
              `    region: ${region}`,
              `    force_path_style: ${pathStyle}`,
              ...(endpoint === undefined ? [] : [`    endpoint: ${endpoint}`]),
            ].join("\n"),
            extraEnvVars: [
              fromSecret("LAKEFS_DATABASE_POSTGRES_CONNECTION_STRING", databaseSecret(name), "url"),
              fromSecret("AWS_ACCESS_KEY_ID", bucketSecret(name), "AWS_ACCESS_KEY_ID"),
              fromSecret("AWS_SECRET_ACCESS_KEY", bucketSecret(name), "AWS_SECRET_ACCESS_KEY"),
            ],
          }),
        ],
        routeTo(context, { name, namespace }, name, 80).map(object),
      ],
      connections: { dataVersions: { url: urlOf(context, name, `http://${name}.${namespace}`), namespace } },
    };
  },
});
