import { z } from "zod";
import { defineAddon, object, release } from "../kubernetes/addon.plan.ts";
import { custom } from "../kubernetes/manifest.plan.ts";
import { apiServer, ingress } from "../kubernetes/namespace.plan.ts";
import { options, whole } from "../kubernetes/options.plan.ts";
import { readOnlyContainer, resourcesOf, restrictedPod } from "../kubernetes/pod.plan.ts";
import { bucketOf, bucketSecret, toObjectStore } from "../object-store/buckets.plan.ts";

const name = "velero";
const namespace = "backup";

/** Objects of the cluster, saved every night into the object store: Velero. Data of databases has backups of its own. */
export const velero = defineAddon({
  type: "bedplate:backup:Velero",
  provides: ["backup"],
  requires: ["objectStore"],
  options: options({
    /** Five fields, in UTC. */
    schedule: z
      .string("five fields of cron")
      .regex(/^\S+( \S+){4}$/, "five fields of cron, such as 0 2 * * *")
      .default("0 2 * * *"),
    keepDays: whole(1, 3650).default(30),
  }),
  requests: () => ({ buckets: [{ name, namespaces: [namespace] }] }),
  plan: ({ schedule, keepDays }, context) => {
    const { bucket, prefix, endpoint, region, pathStyle } = bucketOf(context, name);
    return {
      namespaces: [
        {
          name: namespace,
          allows: [apiServer, ingress("figures", [8085], "cluster"), ...toObjectStore(context)],
        },
      ],
      stages: [
        [
          release(
            "velero",
            namespace,
            {
              upgradeCRDs: true,
              deployNodeAgent: false,
              snapshotsEnabled: false,
              backupsEnabled: false,
              podSecurityContext: restrictedPod,
              containerSecurityContext: readOnlyContainer,
              resources: resourcesOf({ cpu: "200m", memory: "512Mi" }),
              credentials: { useSecret: false },
              configuration: { extraEnvVars: [] },
              initContainers: [],
            },
            { data: true },
          ),
        ],
        [
          object(
            custom(
              "BackupStorageLocation",
              { name: "default", namespace },
              {
                default: true,
                provider: "aws",
                objectStorage: { bucket, ...(prefix !== "" && { prefix }) },
                credential: { name: bucketSecret(name), key: "aws-credentials" },
                config: {
                  region,
                  s3ForcePathStyle: String(pathStyle),
                  ...(endpoint !== undefined && { s3Url: endpoint }),
                },
              },
            ),
          ),
        ],
        [
          object(
            custom(
              "Schedule",
              { name: "nightly", namespace },
              { schedule, template: { ttl: `${keepDays * 24}h0m0s`, includedNamespaces: ["*"] } },
            ),
          ),
        ],
      ],
      monitors: [
        { name, namespace, labels: { "app.kubernetes.io/name": "velero" }, port: "http-monitoring" },
      ],
      connections: { backup: { namespace } },
    };
  },
});
