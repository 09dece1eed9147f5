import type { ClusterConnections } from "@bedplate/contract";
import { kafkaUser, topic } from "../events/strimzi.plan.ts";
import { dataObject, type Item, object, type Stage, secret } from "../kubernetes/addon.plan.ts";
import { job } from "../kubernetes/pod.plan.ts";
import { keyData } from "../object-store/buckets.plan.ts";
import { databaseItems, databaseSecrets } from "../sql/databases.plan.ts";
import type { TeamConfig } from "./team-schema.plan.ts";

/** What making a team needs to know beside its block of config. */
export interface TeamContext {
  readonly connections: ClusterConnections;
  readonly deployment: string;
  readonly production: boolean;
}

const storeSecret = "team-bucket";

const keyItem = (namespaces: readonly string[], name: string, bucket: string): Item =>
  secret({
    name: `${name}-keys`,
    generate: { id: 15, secret: 30 },
    copies: namespaces.map((namespace) => ({
      name: `${name}-keys`,
      namespace,
      data: { ...keyData("{{id}}", "{{secret}}"), bucket },
    })),
  });

/** Commands for SeaweedFS's shell; it reads them from its input, so that no key is an argument of a process. */
function seaweedScript(name: string, bucket: string): string {
  const actions = ["Read", "Write", "List", "Tagging"].map((action) => `${action}:${bucket}`).join(",");
  return [
    `printf 's3.bucket.create -name ${bucket}\\n` +
      `s3.configure -user ${name} -access_key %s -secret_key %s -actions ${actions} -apply\\n' ` +
      `"$AWS_ACCESS_KEY_ID" "$AWS_SECRET_ACCESS_KEY" | weed shell -master="$MASTER"`,
  ].join("\n");
}

/** A bucket of the team and an identity that may use only it, in the store of the cluster. */
function bucketStages({ name }: TeamConfig, own: string, context: TeamContext): readonly Stage[] {
  const { namespace, adminImage: image } = context.connections.objectStore ?? {};
  if (namespace === undefined || image === undefined) return [];
  const user = `team-${name}`;
  const bucket = `${context.deployment}-${user}`.slice(0, 63);
  const master = context.production ? "seaweedfs-master" : "seaweedfs-all-in-one";
  return [
    [keyItem([own, namespace], user, bucket)],
    [
      object(
        job(
          { name: `bucket-of-${user}`, namespace },
          {
            containers: [
              {
                name: "weed",
                image,
                command: ["/bin/sh", "-ec", seaweedScript(user, bucket)],
                env: { MASTER: `${master}.${namespace}:9333` },
                secretEnv: {
                  AWS_ACCESS_KEY_ID: `${user}-keys/AWS_ACCESS_KEY_ID`,
                  AWS_SECRET_ACCESS_KEY: `${user}-keys/AWS_SECRET_ACCESS_KEY`,
                },
                writable: ["/tmp"],
                size: { cpu: "50m", memory: "128Mi" },
              },
            ],
          },
        ),
      ),
    ],
  ];
}

/** A folder of the team in a bucket that is there already, with keys that its administrator has made for it. */
function existingStages({ name }: TeamConfig, own: string, context: TeamContext): readonly Stage[] {
  const { objectStore } = context.connections;
  if (objectStore?.product !== "existing") return [];
  return [
    [
      secret({
        name: `team-${name}-keys`,
        generate: {},
        given: { id: "objectStoreAccessKeyId", secret: "objectStoreSecretAccessKey" },
        copies: [
          {
            name: storeSecret,
            namespace: own,
            data: {
              ...keyData("{{id}}", "{{secret}}"),
              bucket: objectStore.bucket ?? "",
              prefix: `${context.deployment}/team-${name}`,
            },
          },
        ],
      }),
    ],
  ];
}

function databaseStages({ name }: TeamConfig, own: string, context: TeamContext): readonly Stage[] {
  const { sql } = context.connections;
  if (sql?.cluster === undefined || sql.namespace === undefined) return [];
  const place = { name: `team-${name}`, host: sql.host, port: sql.port };
  const [roles, databases] = databaseItems(place.name, sql.cluster, sql.namespace, context.production);
  return [[secret(databaseSecrets(place, sql.namespace, [own]))], roles, databases];
}

/** A user of Kafka whose topics and groups all begin with the team's name. */
function eventStages({ name, topics }: TeamConfig, own: string, context: TeamContext): readonly Stage[] {
  const { events } = context.connections;
  if (events === undefined || topics.length === 0) return [];
  const user = `team-${name}`;
  const prefix = `${name}.`;
  return [
    [
      secret({
        name: `${user}-kafka`,
        generate: { password: 24 },
        copies: [events.namespace, own].map((namespace) => ({
          name: `${user}-kafka`,
          namespace,
          data: { username: user, password: "{{password}}", bootstrap: events.bootstrap, prefix },
        })),
      }),
    ],
    [
      object(kafkaUser(user, prefix, { secret: `${user}-kafka`, key: "password" })),
      ...topics.map((topicName) => dataObject(topic(`${prefix}${topicName}`, 3, context.production ? 3 : 1))),
    ],
  ];
}

/** Everything that a team gets of the platform's stores, each by an identity that can use only its own. */
export function storeStages(
  team: TeamConfig,
  namespace: string,
  context: TeamContext,
): readonly (readonly Stage[])[] {
  return [
    ...(team.bucket
      ? [bucketStages(team, namespace, context), existingStages(team, namespace, context)]
      : []),
    ...(team.database ? [databaseStages(team, namespace, context)] : []),
    eventStages(team, namespace, context),
  ];
}
