import type { BucketRequest, PlatformContext, Values } from "../kubernetes/addon.plan.ts";
import { defineAddon, object, release, secret } from "../kubernetes/addon.plan.ts";
import { ingress } from "../kubernetes/namespace.plan.ts";
import { options, quantity } from "../kubernetes/options.plan.ts";
import { job, readOnlyContainer, resourcesOf, restrictedPod } from "../kubernetes/pod.plan.ts";
import { bucketCopies, bucketKeys, bucketName, keyOf } from "./buckets.plan.ts";

const namespace = "object-store";
const port = 8333;
const identities = "seaweedfs-identities";

const claim = (size: string, storageClass: string | undefined) => ({
  type: "persistentVolumeClaim",
  size,
  ...(storageClass !== undefined && { storageClass }),
});

const hardened = {
  podSecurityContext: { enabled: true, ...restrictedPod },
  containerSecurityContext: { enabled: true, ...readOnlyContainer },
};
const roomy = { ...hardened, resources: resourcesOf({ cpu: "250m", memory: "1Gi" }) };

function s3(replicas: number) {
  return {
    enabled: true,
    replicas,
    enableAuth: true,
    existingConfigSecret: identities,
    createBuckets: [],
    ...roomy,
  };
}

function values(storage: string, { production, storageClass }: PlatformContext): Values {
  const data = claim(storage, storageClass);
  if (!production)
    return {
      master: { enabled: false },
      volume: { enabled: false },
      filer: { enabled: false },
      allInOne: { enabled: true, data, s3: s3(1), ...roomy },
      s3: { enabled: false },
    };
  return {
    global: { enableReplication: true, replicationPlacement: "001" },
    master: { replicas: 3, data: claim("10Gi", storageClass), logs: { type: "emptyDir" }, ...roomy },
    volume: { replicas: 3, dataDirs: [{ name: "data", ...data, maxVolumes: 0 }], ...roomy },
    filer: { replicas: 2, data: claim("25Gi", storageClass), logs: { type: "emptyDir" }, ...roomy },
    s3: s3(2),
  };
}

const actions = (bucket: string) =>
  ["Read", "Write", "List", "Tagging"].map((action) => `${action}:${bucket}`);

/** The identities of SeaweedFS: an administrator, and one a bucket that may use only it. */
function identityFile(requests: readonly BucketRequest[], deployment: string): string {
  const identity = (name: string, allowed: readonly string[]) => {
    const { id, secret: key } = keyOf(name);
    return { name, credentials: [{ accessKey: id, secretKey: key }], actions: allowed };
  };
  return JSON.stringify({
    identities: [
      identity("admin", ["Admin", "Read", "Write", "List", "Tagging"]),
      ...requests.map(({ name }) => identity(name, actions(bucketName(deployment, name)))),
    ],
  });
}

/** The address of the master, by which buckets and identities are made. */
const master = (production: boolean) =>
  production ? `seaweedfs-master.${namespace}:9333` : `seaweedfs-all-in-one.${namespace}:9333`;

function bucketJob({ production, deployment, requests, image }: PlatformContext) {
  const commands = requests.buckets.map(
    ({ name }) => `s3.bucket.create -name ${bucketName(deployment, name)}`,
  );
  const script = `printf '%s\\n' "$COMMANDS" | weed shell -master=${master(production)}`;
  return job(
    { name: "make-buckets", namespace },
    {
      containers: [
        {
          name: "weed",
          image: image("seaweedfs"),
          command: ["/bin/sh", "-ec", script],
          env: { COMMANDS: commands.join("\n") },
          writable: ["/tmp"],
          size: { cpu: "50m", memory: "128Mi" },
        },
      ],
    },
  );
}

/** An object store of the cluster itself: SeaweedFS, in one pod or, in production, spread and replicated. */
export const seaweedfs = defineAddon({
  type: "bedplate:object-store:SeaweedFs",
  provides: ["objectStore"],
  options: options({
    /** Of each data volume; cannot be changed later. */
    storage: quantity.optional(),
  }),
  plan: ({ storage }, context) => {
    const { production, requests, deployment } = context;
    const service = production ? "seaweedfs-s3" : "seaweedfs-all-in-one";
    return {
      namespaces: [{ name: namespace, allows: [ingress("s3", [port], "cluster")] }],
      stages: [
        [
          secret({
            name: "object-store-keys",
            generate: { admin_id: 15, admin_secret: 30, ...bucketKeys(requests.buckets) },
            copies: [
              {
                name: identities,
                namespace,
                data: { seaweedfs_s3_config: identityFile(requests.buckets, deployment) },
              },
              ...bucketCopies(requests.buckets),
            ],
          }),
        ],
        [
          release("seaweedfs", namespace, values(storage ?? (production ? "200Gi" : "10Gi"), context), {
            data: true,
          }),
        ],
        requests.buckets.length === 0 ? [] : [object(bucketJob(context))],
      ],
      monitors: [
        {
          name: "seaweedfs",
          namespace,
          labels: { "app.kubernetes.io/name": "seaweedfs" },
          port: "metrics",
        },
      ],
      connections: {
        objectStore: {
          product: "seaweedfs",
          endpoint: `http://${service}.${namespace}:${port}`,
          region: "us-east-1",
          namespace,
          pathStyle: true,
          adminImage: context.image("seaweedfs"),
        },
      },
    };
  },
});
