import { defineAddon, release } from "../kubernetes/addon.plan.ts";
import { apiServer, internet, webhook } from "../kubernetes/namespace.plan.ts";
import { options } from "../kubernetes/options.plan.ts";
import { resourcesOf } from "../kubernetes/pod.plan.ts";

const namespace = "keda";

/** Scaling by what waits in queues and databases: KEDA. */
export const keda = defineAddon({
  type: "bedplate:autoscaling:Keda",
  provides: ["autoscaling"],
  after: ["monitoring"],
  options: options({}),
  plan: (_options, { production, connections }) => {
    const watched = connections.monitoring !== undefined;
    const resources = resourcesOf({ cpu: "100m", memory: "512Mi" });
    return {
      namespaces: [
        {
          name: namespace,
          allows: [apiServer, internet, webhook(6443, 9443), { name: "scalers", to: ["cluster"] }],
        },
      ],
      stages: [
        [
          release(
            "keda",
            namespace,
            {
              crds: { install: true },
              operator: { replicaCount: production ? 2 : 1 },
              metricsServer: { replicaCount: production ? 2 : 1 },
              webhooks: { replicaCount: production ? 2 : 1 },
              resources: { operator: resources, metricServer: resources, webhooks: resources },
              prometheus: { operator: { enabled: watched, serviceMonitor: { enabled: watched } } },
            },
            { data: true },
          ),
        ],
      ],
      connections: { autoscaling: { namespace } },
    };
  },
});
