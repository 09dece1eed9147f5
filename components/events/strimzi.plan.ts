import {
  dataObject,
  defineAddon,
  need,
  object,
  type PlatformContext,
  release,
  secret,
} from "../kubernetes/addon.plan.ts";
import { custom, type Manifest } from "../kubernetes/manifest.plan.ts";
import { apiServer, ingress } from "../kubernetes/namespace.plan.ts";
import { options, quantity, whole } from "../kubernetes/options.plan.ts";
import { resourcesOf } from "../kubernetes/pod.plan.ts";

const namespace = "events";
const cluster = "events";
const bootstrap = `${cluster}-kafka-bootstrap.${namespace}.svc:9093`;
const labels = { "strimzi.io/cluster": cluster };

interface Pool {
  readonly name: string;
  readonly roles: readonly string[];
  readonly replicas: number;
  readonly storage: string;
}

function pool(
  { name, roles, replicas, storage }: Pool,
  { storageClass, production }: PlatformContext,
): Manifest {
  return custom(
    "KafkaNodePool",
    { name, namespace, labels },
    {
      replicas,
      roles,
      storage: {
        type: "jbod",
        volumes: [
          {
            id: 0,
            type: "persistent-claim",
            size: storage,
            deleteClaim: !production,
            kraftMetadata: "shared",
            ...(storageClass !== undefined && { class: storageClass }),
          },
        ],
      },
      resources: resourcesOf({ cpu: "500m", memory: production ? "4Gi" : "1Gi" }),
    },
  );
}

/** The brokers' certificate, by the platform's issuer, so that clients trust one authority for everything. */
const brokerTls = "events-brokers-tls";

function kafka(replication: number, production: boolean): Manifest {
  return custom(
    "Kafka",
    { name: cluster, namespace },
    {
      kafka: {
        version: "4.3.1",
        listeners: [
          {
            name: "tls",
            port: 9093,
            type: "internal",
            tls: true,
            authentication: { type: "scram-sha-512" },
            configuration: {
              brokerCertChainAndKey: { secretName: brokerTls, certificate: "tls.crt", key: "tls.key" },
            },
          },
        ],
        authorization: { type: "simple" },
        config: {
          "offsets.topic.replication.factor": replication,
          "transaction.state.log.replication.factor": replication,
          "transaction.state.log.min.isr": Math.max(1, replication - 1),
          "default.replication.factor": replication,
          "min.insync.replicas": Math.max(1, replication - 1),
          "auto.create.topics.enable": "false",
        },
      },
      entityOperator: {
        topicOperator: {},
        userOperator: {},
        // Elsewhere a topic's finalizer would keep a namespace that goes in one piece.
        ...(!production && {
          template: {
            topicOperatorContainer: { env: [{ name: "STRIMZI_USE_FINALIZERS", value: "false" }] },
          },
        }),
      },
    },
  );
}

/** A week, which is Kafka's own default: said, so that nobody has to know it. */
const keptMs = 7 * 24 * 60 * 60 * 1_000;

/** A topic of the events cluster. */
export function topic(name: string, partitions: number, replicas: number): Manifest {
  const config = { "retention.ms": keptMs };
  return custom("KafkaTopic", { name, namespace, labels }, { partitions, replicas, config });
}

/** Where a user's password is: a Secret of the events namespace. */
interface PasswordPlace {
  readonly secret: string;
  readonly key: string;
}

/** A user of the events cluster that may use the topics and groups that begin with its prefix, and no others. */
export function kafkaUser(name: string, prefix: string, { secret: from, key }: PasswordPlace): Manifest {
  const named = (type: string) => ({ type, name: prefix, patternType: "prefix" });
  return custom(
    "KafkaUser",
    { name, namespace, labels },
    {
      authentication: {
        type: "scram-sha-512",
        password: { valueFrom: { secretKeyRef: { name: from, key } } },
      },
      authorization: {
        type: "simple",
        acls: [
          { resource: named("topic"), operations: ["Read", "Write", "Describe", "DescribeConfigs"] },
          { resource: named("group"), operations: ["Read", "Describe"] },
          { resource: named("transactionalId"), operations: ["Write", "Describe"] },
        ],
      },
    },
  );
}

/** Events by Kafka: Strimzi, with topics and users as objects; one node, or brokers and controllers apart. */
export const strimzi = defineAddon({
  type: "bedplate:events:Strimzi",
  provides: ["events"],
  requires: ["certificates"],
  options: options({
    /** In production; others have one node of both kinds. */
    brokers: whole(1, 100).default(3),
    storage: quantity.optional(),
  }),
  check: ({ brokers }, production) =>
    production && brokers < 3
      ? [
          {
            path: "brokers",
            value: String(brokers),
            allowed: "at least 3 in production, so that one may be away",
            fix: "set brokers to 3 or more, or bedplate:size to small",
          },
        ]
      : [],
  plan: ({ brokers, storage }, context) => {
    const { production } = context;
    const size = storage ?? (production ? "100Gi" : "10Gi");
    const pools: readonly Pool[] = production
      ? [
          { name: "controller", roles: ["controller"], replicas: 3, storage: "10Gi" },
          { name: "broker", roles: ["broker"], replicas: brokers, storage: size },
        ]
      : [{ name: "dual-role", roles: ["controller", "broker"], replicas: 1, storage: size }];
    const replication = production ? 3 : 1;
    return {
      namespaces: [
        {
          name: namespace,
          allows: [
            apiServer,
            ingress("kafka", [9093], "cluster"),
            ingress("figures", [9404, 8080], "cluster"),
          ],
        },
      ],
      stages: [
        [
          release(
            "strimzi-kafka-operator",
            namespace,
            { replicas: production ? 2 : 1, ...(production && { podDisruptionBudget: { enabled: true } }) },
            { data: true },
          ),
        ],
        pools.map((found) => dataObject(pool(found, context))),
        [
          object(
            custom(
              "Certificate",
              { name: brokerTls, namespace },
              {
                secretName: brokerTls,
                dnsNames: [bootstrap.split(":")[0], `*.${cluster}-kafka-brokers.${namespace}.svc`],
                issuerRef: { name: need(context, "certificates").issuer, kind: "ClusterIssuer" },
              },
            ),
          ),
          secret({
            name: "bedplate-kafka",
            generate: { password: 24 },
            copies: [{ name: "bedplate-kafka", namespace, data: { password: "{{password}}" } }],
          }),
        ],
        [dataObject(kafka(replication, production))],
        [
          dataObject(topic("bedplate.events", 6, replication)),
          object(kafkaUser("bedplate", "bedplate.", { secret: "bedplate-kafka", key: "password" })),
        ],
      ],
      monitors: [
        {
          name: "strimzi",
          namespace,
          pods: true,
          labels: { "strimzi.io/kind": "cluster-operator" },
          port: "http",
        },
      ],
      connections: { events: { bootstrap, namespace, cluster } },
    };
  },
});
