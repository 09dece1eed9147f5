import { z } from "zod";
import type { PlatformContext, Values } from "../kubernetes/addon.plan.ts";
import { defineAddon, object, release, secret } from "../kubernetes/addon.plan.ts";
import { custom, type Manifest } from "../kubernetes/manifest.plan.ts";
import { apiServer, ingress, internet, webhook } from "../kubernetes/namespace.plan.ts";
import { options, quantity, whole } from "../kubernetes/options.plan.ts";
import { resourcesOf } from "../kubernetes/pod.plan.ts";
import { nodeAgents } from "./node-agents.plan.ts";

const namespace = "monitoring";

/** Otherwise Prometheus looks only at monitors of its own release. */
const everyMonitor = {
  serviceMonitorSelectorNilUsesHelmValues: false,
  podMonitorSelectorNilUsesHelmValues: false,
  ruleSelectorNilUsesHelmValues: false,
  probeSelectorNilUsesHelmValues: false,
  scrapeConfigSelectorNilUsesHelmValues: false,
};

const volume = (size: string, storageClass: string | undefined) => ({
  volumeClaimTemplate: {
    spec: {
      ...(storageClass !== undefined && { storageClassName: storageClass }),
      resources: { requests: { storage: size } },
    },
  },
});

interface Shape {
  readonly retentionDays: number;
  readonly storage: string;
  readonly managedControlPlane: boolean;
}

function values(shape: Shape, { production, storageClass }: PlatformContext): Values {
  const replicas = production ? 2 : 1;
  const controlPlane = { enabled: !shape.managedControlPlane };
  return {
    crds: { enabled: false },
    prometheusOperator: {
      admissionWebhooks: { certManager: { enabled: true }, patch: { enabled: false } },
      resources: resourcesOf({ cpu: "100m", memory: "256Mi" }),
    },
    prometheus: {
      prometheusSpec: {
        ...everyMonitor,
        replicas,
        retention: `${shape.retentionDays}d`,
        resources: resourcesOf({ cpu: "500m", memory: production ? "8Gi" : "2Gi" }),
        ...(production && { storageSpec: volume(shape.storage, storageClass) }),
      },
    },
    alertmanager: {
      alertmanagerSpec: {
        replicas: production ? 3 : 1,
        alertmanagerConfigMatcherStrategy: { type: "None" },
        resources: resourcesOf({ cpu: "50m", memory: "128Mi" }),
        ...(production && { storage: volume("5Gi", storageClass) }),
      },
    },
    grafana: {
      admin: { existingSecret: "grafana-admin", userKey: "user", passwordKey: "password" },
      sidecar: {
        dashboards: {
          enabled: true,
          searchNamespace: "ALL",
          folderAnnotation: "bedplate.dev/folder",
          provider: { foldersFromFilesStructure: true },
        },
      },
      testFramework: { enabled: false },
    },
    // It looks into nodes, which this namespace's pods may not.
    "prometheus-node-exporter": {
      namespaceOverride: nodeAgents.name,
      resources: resourcesOf({ cpu: "50m", memory: "64Mi" }),
    },
    kubeEtcd: controlPlane,
    kubeScheduler: controlPlane,
    kubeControllerManager: controlPlane,
    kubeProxy: controlPlane,
  };
}

function pagerDuty(): Manifest {
  return custom(
    "AlertmanagerConfig",
    { name: "pager-duty", namespace },
    {
      route: {
        receiver: "pager-duty",
        groupBy: ["alertname", "namespace"],
        groupWait: "30s",
        groupInterval: "5m",
        repeatInterval: "4h",
        matchers: [{ name: "severity", value: "critical", matchType: "=" }],
      },
      receivers: [
        {
          name: "pager-duty",
          pagerdutyConfigs: [{ routingKey: { name: "pager-duty", key: "routing-key" }, sendResolved: true }],
        },
      ],
    },
  );
}

function webhookReceiver(url: string): Manifest {
  return custom(
    "AlertmanagerConfig",
    { name: "webhook", namespace },
    {
      route: { receiver: "webhook", groupBy: ["alertname", "namespace"] },
      receivers: [{ name: "webhook", webhookConfigs: [{ url, sendResolved: true }] }],
    },
  );
}

/** Figures, dashboards and alerts by Prometheus, Grafana and Alertmanager. */
export const kubePrometheusStack = defineAddon({
  type: "bedplate:monitoring:PrometheusStack",
  provides: ["monitoring"],
  requires: ["certificates"],
  options: options({
    retentionDays: whole(1, 3650).optional(),
    storage: quantity.default("100Gi"),
    /** Whether the control plane is the provider's, so that its parts cannot be asked. */
    managedControlPlane: z.boolean("true or false").default(true),
    alerts: options({
      /** Pages by PagerDuty; its routing key is the secret `pagerDutyRoutingKey`. */
      pagerDuty: z.boolean("true or false").default(false),
      webhook: z.url({ protocol: /^https?$/, error: "an address" }).optional(),
    }).prefault({}),
  }),
  needsSecrets: ({ alerts }) => (alerts.pagerDuty ? ["pagerDutyRoutingKey"] : []),
  plan: ({ retentionDays, storage, managedControlPlane, alerts }, context) => ({
    namespaces: [
      {
        name: namespace,
        holdsData: context.production,
        allows: [
          apiServer,
          internet,
          webhook(10_250, 9443),
          ingress("queries", [9090, 9093, 3000, 80], "cluster"),
          { name: "scrape", to: ["anywhere"] },
        ],
      },
      nodeAgents,
    ],
    stages: [
      [
        release("prometheus-operator-crds", namespace, {}, { data: true }),
        secret({
          name: "grafana-admin",
          generate: { password: 24 },
          copies: [{ name: "grafana-admin", namespace, data: { user: "admin", password: "{{password}}" } }],
        }),
      ],
      [
        release(
          "kube-prometheus-stack",
          namespace,
          values(
            { retentionDays: retentionDays ?? (context.production ? 15 : 2), storage, managedControlPlane },
            context,
          ),
        ),
      ],
      [
        ...(alerts.pagerDuty
          ? [
              secret({
                name: "pager-duty",
                generate: {},
                given: { key: "pagerDutyRoutingKey" },
                copies: [{ name: "pager-duty", namespace, data: { "routing-key": "{{key}}" } }],
              }),
            ]
          : []),
        ...(alerts.webhook === undefined ? [] : [object(webhookReceiver(alerts.webhook))]),
      ],
      alerts.pagerDuty ? [object(pagerDuty())] : [],
    ],
    connections: {
      monitoring: {
        namespace,
        prometheus: `http://kube-prometheus-stack-prometheus.${namespace}:9090`,
      },
    },
  }),
});
