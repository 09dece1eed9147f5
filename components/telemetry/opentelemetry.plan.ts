import { defineAddon, type PlatformContext, release, type Values } from "../kubernetes/addon.plan.ts";
import { egress, ingress } from "../kubernetes/namespace.plan.ts";
import { options } from "../kubernetes/options.plan.ts";
import { readOnlyContainer, resourcesOf, restrictedPod } from "../kubernetes/pod.plan.ts";
import { nodeAgents } from "../monitoring/node-agents.plan.ts";

const namespace = "telemetry";
const image = { repository: "otel/opentelemetry-collector-k8s" };

/** Loki and the collector's debug output take OTLP; Elasticsearch has an exporter of its own. */
function exporters({ connections: { logs, traces } }: PlatformContext): Values {
  return {
    debug: {},
    ...(traces !== undefined && { "otlp/traces": { endpoint: traces.otlp, tls: { insecure: true } } }),
    ...(logs !== undefined && { "otlphttp/logs": { endpoint: `${logs.url}/otlp` } }),
  };
}

const pipeline = (wanted: string, context: PlatformContext) => ({
  receivers: ["otlp"],
  processors: ["memory_limiter", "batch"],
  exporters: [wanted in exporters(context) ? wanted : "debug"],
});

function gateway(context: PlatformContext): Values {
  return {
    mode: "deployment",
    image,
    replicaCount: context.production ? 2 : 1,
    podSecurityContext: restrictedPod,
    securityContext: readOnlyContainer,
    resources: resourcesOf({ cpu: "200m", memory: "512Mi" }),
    config: {
      exporters: exporters(context),
      service: {
        pipelines: {
          traces: pipeline("otlp/traces", context),
          logs: pipeline("otlphttp/logs", context),
        },
      },
    },
  };
}

const agent: Values = {
  mode: "daemonset",
  image,
  presets: { logsCollection: { enabled: true }, kubernetesAttributes: { enabled: true } },
  resources: resourcesOf({ cpu: "100m", memory: "256Mi" }),
  config: {
    exporters: {
      "otlp/gateway": { endpoint: `opentelemetry-collector.${namespace}:4317`, tls: { insecure: true } },
    },
    service: { pipelines: { logs: { exporters: ["otlp/gateway"] } } },
  },
};

/** Where programs send traces and logs: OpenTelemetry's collector, and an agent on every node that reads its logs. */
export const openTelemetry = defineAddon({
  type: "bedplate:telemetry:OpenTelemetry",
  provides: ["telemetry"],
  after: ["logs", "traces", "monitoring"],
  options: options({}),
  plan: (_options, context) => {
    const { logs, traces } = context.connections;
    return {
      namespaces: [
        {
          name: namespace,
          allows: [
            ingress("otlp", [4317, 4318], "cluster"),
            ...(logs === undefined ? [] : [egress(logs.namespace, 3100, 9200)]),
            ...(traces === undefined || traces.namespace === logs?.namespace
              ? []
              : [egress(traces.namespace, 4317, 4318)]),
          ],
        },
        { ...nodeAgents, allows: [...nodeAgents.allows, egress(namespace, 4317)] },
      ],
      stages: [
        [release("opentelemetry-collector", namespace, gateway(context))],
        logs === undefined
          ? []
          : [release("opentelemetry-collector", nodeAgents.name, agent, { name: "opentelemetry-agent" })],
      ],
      connections: { telemetry: { otlp: `http://opentelemetry-collector.${namespace}:4317`, namespace } },
    };
  },
});
