import { dataObject, defineAddon, release } from "../kubernetes/addon.plan.ts";
import { custom } from "../kubernetes/manifest.plan.ts";
import { apiServer, ingress } from "../kubernetes/namespace.plan.ts";
import { options, quantity } from "../kubernetes/options.plan.ts";
import { resourcesOf } from "../kubernetes/pod.plan.ts";

const namespace = "message-queue";
const cluster = "messages";

/** Messages by RabbitMQ: its cluster operator, and one cluster. */
export const rabbitMq = defineAddon({
  type: "bedplate:message-queue:RabbitMq",
  provides: ["messageQueue"],
  options: options({ storage: quantity.default("10Gi") }),
  plan: ({ storage }, { production, storageClass }) => ({
    namespaces: [
      {
        name: namespace,
        allows: [
          apiServer,
          ingress("amqp", [5672, 5671], "cluster"),
          ingress("figures", [15_692], "cluster"),
        ],
      },
    ],
    stages: [
      [release("rabbitmq-cluster-operator", namespace, {}, { data: true })],
      [
        dataObject(
          custom(
            "RabbitmqCluster",
            { name: cluster, namespace },
            {
              replicas: production ? 3 : 1,
              persistence: {
                storage,
                ...(storageClass !== undefined && { storageClassName: storageClass }),
              },
              resources: resourcesOf({ cpu: "500m", memory: production ? "4Gi" : "1Gi" }),
              rabbitmq: { additionalConfig: "default_queue_type = quorum\n" },
            },
          ),
        ),
      ],
    ],
    monitors: [
      { name: "rabbitmq", namespace, labels: { "app.kubernetes.io/name": cluster }, port: "prometheus" },
    ],
    connections: {
      messageQueue: { host: `${cluster}.${namespace}`, port: 5672, namespace, cluster },
    },
  }),
});
