import type { Item, PlatformContext } from "../kubernetes/addon.plan.ts";
import { dataObject, defineAddon, object, release, secret } from "../kubernetes/addon.plan.ts";
import { custom, type Manifest } from "../kubernetes/manifest.plan.ts";
import { apiServer, ingress, webhook } from "../kubernetes/namespace.plan.ts";
import { mebibytes, options, quantity, whole } from "../kubernetes/options.plan.ts";
import { resourcesOf } from "../kubernetes/pod.plan.ts";
import { bucketOf, toObjectStore } from "../object-store/buckets.plan.ts";
import { databaseItems, databaseSecrets } from "./databases.plan.ts";

const namespace = "sql";
const cluster = "platform";
const backups = "postgres-backups";
const plugin = "barman-cloud.cloudnative-pg.io";

interface Shape {
  readonly instances: number;
  readonly storage: string;
  readonly memory: string;
  readonly backup: boolean;
}

function clusterManifest(
  { instances, storage, memory, backup }: Shape,
  { storageClass }: PlatformContext,
): Manifest {
  return custom(
    "Cluster",
    { name: cluster, namespace },
    {
      instances,
      storage: { size: storage, ...(storageClass !== undefined && { storageClass }) },
      resources: resourcesOf({ cpu: "500m", memory }),
      enablePDB: instances > 1,
      postgresql: {
        parameters: {
          // A quarter of the memory, as PostgreSQL's manual advises for a server of its own.
          shared_buffers: `${Math.floor(mebibytes(memory) / 4)}MB`,
          max_connections: "200",
        },
        ...(instances > 2 && { synchronous: { method: "any", number: 1 } }),
      },
      ...(instances > 1 && {
        affinity: { enablePodAntiAffinity: true, topologyKey: "kubernetes.io/hostname" },
      }),
      ...(backup && {
        plugins: [{ name: plugin, isWALArchiver: true, parameters: { barmanObjectName: backups } }],
      }),
    },
  );
}

function backupObjects(context: PlatformContext): { readonly store: Item; readonly schedule: Item } {
  const { bucket, prefix, endpoint, secret: keys } = bucketOf(context, backups);
  return {
    store: object(
      custom(
        "ObjectStore",
        { name: backups, namespace },
        {
          retentionPolicy: "30d",
          configuration: {
            destinationPath: `s3://${[bucket, prefix].filter((part) => part !== "").join("/")}`,
            ...(endpoint !== undefined && { endpointURL: endpoint }),
            s3Credentials: {
              accessKeyId: { name: keys, key: "AWS_ACCESS_KEY_ID" },
              secretAccessKey: { name: keys, key: "AWS_SECRET_ACCESS_KEY" },
            },
            wal: { compression: "gzip" },
          },
        },
      ),
    ),
    schedule: object(
      custom(
        "ScheduledBackup",
        { name: "nightly", namespace },
        {
          // Six fields: seconds come first.
          schedule: "0 0 3 * * *",
          immediate: true,
          cluster: { name: cluster },
          method: "plugin",
          pluginConfiguration: { name: plugin },
          backupOwnerReference: "self",
        },
      ),
    ),
  };
}

const pooler = (instances: number) =>
  object(
    custom(
      "Pooler",
      { name: `${cluster}-pooler`, namespace },
      {
        cluster: { name: cluster },
        instances,
        type: "rw",
        pgbouncer: { poolMode: "session", parameters: { max_client_conn: "1000", default_pool_size: "50" } },
      },
    ),
  );

function databases({ requests, production }: PlatformContext, host: string) {
  const items = requests.databases.map(({ name }) => databaseItems(name, cluster, namespace, production));
  return {
    secrets: requests.databases.map(({ name, namespaces }) =>
      secret(databaseSecrets({ name, host, port: 5432 }, namespace, namespaces)),
    ),
    roles: items.flatMap(([roles]) => roles),
    databases: items.flatMap(([, found]) => found),
  };
}

/** PostgreSQL by CloudNativePG: a role and a database for each that asks, and nightly backups to the object store. */
export const cloudNativePg = defineAddon({
  type: "bedplate:sql:CloudNativePg",
  provides: ["sql"],
  requires: ["certificates"],
  after: ["objectStore"],
  options: options({
    /** 3 in production and 1 elsewhere when left out. */
    instances: whole(1, 9).optional(),
    /** Of each instance; can grow, never shrink. */
    storage: quantity.optional(),
    memory: quantity.optional(),
  }),
  requests: (_options, production) =>
    production ? { buckets: [{ name: backups, namespaces: [namespace] }] } : {},
  plan: ({ instances, storage, memory }, context) => {
    const { production } = context;
    const backup = production && context.connections.objectStore !== undefined;
    const shape = {
      instances: instances ?? (production ? 3 : 1),
      storage: storage ?? (production ? "100Gi" : "10Gi"),
      memory: memory ?? (production ? "4Gi" : "1Gi"),
      backup,
    };
    const host = `${cluster}-rw.${namespace}`;
    const asked = databases(context, host);
    const saved = backup ? backupObjects(context) : undefined;
    return {
      namespaces: [
        {
          name: namespace,
          allows: [
            apiServer,
            webhook(9443),
            ingress("postgres", [5432], "cluster"),
            ...toObjectStore(context),
          ],
        },
      ],
      stages: [
        [
          release(
            "cloudnative-pg",
            namespace,
            { crds: { create: true }, replicaCount: production ? 2 : 1, config: { clusterWide: false } },
            { data: true },
          ),
        ],
        backup ? [release("plugin-barman-cloud", namespace, { crds: { create: true } }, { data: true })] : [],
        [...asked.secrets, ...(saved === undefined ? [] : [saved.store])],
        [dataObject(clusterManifest(shape, context))],
        [
          ...asked.roles,
          ...(production ? [pooler(2)] : []),
          ...(saved === undefined ? [] : [saved.schedule]),
        ],
        asked.databases,
      ],
      monitors: [
        {
          name: "postgres",
          namespace,
          pods: true,
          labels: { "cnpg.io/cluster": cluster },
          port: "metrics",
        },
      ],
      connections: { sql: { host, port: 5432, namespace, cluster } },
    };
  },
});
