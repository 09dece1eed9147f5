import { catalog } from "../catalog.ts";
import { defineAddon, type PlatformContext, release, secret, type Values } from "../kubernetes/addon.plan.ts";
import { ingress } from "../kubernetes/namespace.plan.ts";
import { options, quantity } from "../kubernetes/options.plan.ts";
import { readOnlyContainer, resourcesOf, restrictedPod } from "../kubernetes/pod.plan.ts";
import { bucketCopies, bucketKeys, bucketName, keyOf } from "./buckets.plan.ts";

const namespace = "object-store";
const port = 9000;
const root = "minio-root";

/** Only an action on a bucket and what is in it. */
function policyOf(bucket: string) {
  return {
    name: bucket,
    statements: [
      {
        effect: "Allow",
        actions: ["s3:ListBucket", "s3:GetBucketLocation"],
        resources: [`arn:aws:s3:::${bucket}`],
      },
      {
        effect: "Allow",
        actions: [
          "s3:GetObject",
          "s3:PutObject",
          "s3:DeleteObject",
          "s3:AbortMultipartUpload",
          "s3:ListMultipartUploadParts",
        ],
        resources: [`arn:aws:s3:::${bucket}/*`],
      },
    ],
  };
}

function values(
  storage: string,
  { production, storageClass, requests, deployment }: PlatformContext,
): Values {
  const buckets = requests.buckets.map(({ name }) => ({ name, bucket: bucketName(deployment, name) }));
  return {
    mode: production ? "distributed" : "standalone",
    replicas: production ? 4 : 1,
    existingSecret: root,
    securityContext: { enabled: true, ...restrictedPod },
    containerSecurityContext: readOnlyContainer,
    resources: resourcesOf({ cpu: "250m", memory: production ? "4Gi" : "1Gi" }),
    persistence: { size: storage, ...(storageClass !== undefined && { storageClass }) },
    buckets: buckets.map(({ bucket }) => ({ name: bucket, policy: "none", purge: false })),
    policies: buckets.map(({ bucket }) => policyOf(bucket)),
    users: buckets.map(({ name, bucket }) => ({
      existingSecret: root,
      existingSecretKey: `${name}-secret`,
      accessKey: bucket,
      policy: bucket,
    })),
  };
}

/** An object store by MinIO, for who has it already: its project is archived, and nobody mends its images. */
export const minio = defineAddon({
  type: "bedplate:object-store:Minio",
  provides: ["objectStore"],
  deprecated: catalog.minio.deprecated,
  options: options({ storage: quantity.optional() }),
  plan: ({ storage }, context) => {
    const { requests, production } = context;
    const secrets = requests.buckets.map(({ name }) => [`${name}-secret`, keyOf(name).secret] as const);
    return {
      namespaces: [{ name: namespace, allows: [ingress("s3", [port], "cluster")] }],
      stages: [
        [
          secret({
            name: "object-store-keys",
            generate: { root_user: 15, root_password: 30, ...bucketKeys(requests.buckets) },
            copies: [
              {
                name: root,
                namespace,
                data: {
                  rootUser: "{{root_user}}",
                  rootPassword: "{{root_password}}",
                  ...Object.fromEntries(secrets),
                },
              },
              ...bucketCopies(requests.buckets, (name) => bucketName(context.deployment, name)),
            ],
          }),
        ],
        [
          release("minio", namespace, values(storage ?? (production ? "200Gi" : "10Gi"), context), {
            data: true,
          }),
        ],
      ],
      connections: {
        objectStore: {
          product: "minio",
          endpoint: `http://minio.${namespace}:${port}`,
          region: "us-east-1",
          namespace,
          pathStyle: true,
        },
      },
    };
  },
});
