import { z } from "zod";
import { kafkaUser } from "../events/strimzi.plan.ts";
import {
  defineAddon,
  type Item,
  need,
  object,
  type PlatformContext,
  release,
  secret,
} from "../kubernetes/addon.plan.ts";
import { custom } from "../kubernetes/manifest.plan.ts";
import { apiServer, egress } from "../kubernetes/namespace.plan.ts";
import { options, whole } from "../kubernetes/options.plan.ts";
import { resourcesOf } from "../kubernetes/pod.plan.ts";
import { toSql } from "../sql/databases.plan.ts";

const namespace = "change-capture";
const user = "change-capture";
const password = "change-capture-kafka";
const prefix = "changes.";

/** Kafka Connect in the events namespace, where Strimzi's operator looks; connectors are objects beside it. */
function connect(image: string, replicas: number, context: PlatformContext): readonly Item[] {
  const { cluster, namespace: events, bootstrap } = need(context, "events");
  const replication = context.production ? 3 : 1;
  return [
    object(
      custom(
        "KafkaConnect",
        {
          name: user,
          namespace: events,
          annotations: { "strimzi.io/use-connector-resources": "true" },
        },
        {
          replicas,
          image,
          bootstrapServers: bootstrap,
          groupId: `${prefix}connect`,
          configStorageTopic: `${prefix}connect-configs`,
          statusStorageTopic: `${prefix}connect-status`,
          offsetStorageTopic: `${prefix}connect-offsets`,
          tls: { trustedCertificates: [{ secretName: `${cluster}-brokers-tls`, certificate: "ca.crt" }] },
          authentication: {
            type: "scram-sha-512",
            username: user,
            passwordSecret: { secretName: password, password: "password" },
          },
          config: {
            "config.storage.replication.factor": replication,
            "status.storage.replication.factor": replication,
            "offset.storage.replication.factor": replication,
          },
          resources: resourcesOf({ cpu: "500m", memory: "2Gi" }),
        },
      ),
    ),
  ];
}

/** Changes of databases as events, by Debezium: its own servers, or connectors of Kafka Connect. */
export const debezium = defineAddon({
  type: "bedplate:change-capture:Debezium",
  provides: ["changeCapture"],
  requires: ["events"],
  after: ["sql"],
  options: options({
    /** `server` is the operator, whose servers need no image of yours; `connect` is Kafka Connect with your image. */
    mode: z.enum(["server", "connect"], "server or connect").default("server"),
    connectImage: z
      .string("an image by its digest")
      .regex(/@sha256:[0-9a-f]{64}$/, "an image by its digest")
      .optional(),
    replicas: whole(1, 50).default(1),
  }),
  check: ({ mode, connectImage }) =>
    mode === "connect" && connectImage === undefined
      ? [
          {
            path: "connectImage",
            value: "(not set)",
            allowed: "an image of Kafka Connect with Debezium's connectors, because mode is connect",
            fix: "build one and name it by its digest, or set mode to server",
          },
        ]
      : [],
  plan: ({ mode, connectImage, replicas }, context) => ({
    namespaces: [
      {
        name: namespace,
        allows: [apiServer, ...toSql(context), egress(need(context, "events").namespace, 9093)],
      },
    ],
    stages: [
      [
        secret({
          name: password,
          generate: { password: 24 },
          copies: [namespace, need(context, "events").namespace].map((where) => ({
            name: password,
            namespace: where,
            data: { username: user, password: "{{password}}" },
          })),
        }),
      ],
      [object(kafkaUser(user, prefix, { secret: password, key: "password" }))],
      mode === "connect" && connectImage !== undefined
        ? connect(connectImage, replicas, context)
        : [release("debezium-operator", namespace, {}, { data: true })],
    ],
    connections: { changeCapture: { namespace } },
  }),
});
