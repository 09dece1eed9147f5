import { dataObject, defineAddon, object, release } from "../kubernetes/addon.plan.ts";
import { custom } from "../kubernetes/manifest.plan.ts";
import { apiServer, egress, ingress, webhook } from "../kubernetes/namespace.plan.ts";
import { options, quantity, whole } from "../kubernetes/options.plan.ts";

const operator = "elastic";
const namespace = "logs";
const version = "9.2.0";

/** Logs by Elasticsearch and Kibana: Elastic's operator, which is not open source. */
export const elastic = defineAddon({
  type: "bedplate:logs:Elastic",
  provides: ["logs"],
  options: options({
    nodes: whole(1, 50).optional(),
    storage: quantity.default("100Gi"),
  }),
  plan: ({ nodes, storage }, { production, storageClass }) => ({
    namespaces: [
      { name: operator, allows: [apiServer, webhook(9443), egress(namespace, 9200)] },
      {
        name: namespace,
        allows: [ingress("http", [9200, 5601], "cluster")],
      },
    ],
    stages: [
      [
        release(
          "eck-operator",
          operator,
          { managedNamespaces: [namespace], installCRDs: true, telemetry: { disabled: true } },
          { data: true },
        ),
      ],
      [
        dataObject(
          custom(
            "Elasticsearch",
            { name: "logs", namespace },
            {
              version,
              nodeSets: [
                {
                  name: "default",
                  count: nodes ?? (production ? 3 : 1),
                  // Otherwise a privileged container would have to raise a limit of the node.
                  config: { "node.store.allow_mmap": false },
                  volumeClaimTemplates: [
                    {
                      metadata: { name: "elasticsearch-data" },
                      spec: {
                        accessModes: ["ReadWriteOnce"],
                        resources: { requests: { storage } },
                        ...(storageClass !== undefined && { storageClassName: storageClass }),
                      },
                    },
                  ],
                },
              ],
            },
          ),
        ),
      ],
      [
        object(
          custom(
            "Kibana",
            { name: "logs", namespace },
            { version, count: production ? 2 : 1, elasticsearchRef: { name: "logs" } },
          ),
        ),
      ],
    ],
    connections: { logs: { url: `https://logs-es-http.${namespace}:9200`, namespace } },
  }),
});
