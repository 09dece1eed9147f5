import { z } from "zod";
import type { ConfigSecret } from "../kubernetes/addon.plan.ts";
import { defineAddon, release, secret } from "../kubernetes/addon.plan.ts";
import { apiServer, ingress, internet, type NamespacePlan } from "../kubernetes/namespace.plan.ts";
import { options } from "../kubernetes/options.plan.ts";

const keySecret = "hosted-key";

const place = (name: string): NamespacePlan => ({
  name,
  level: "privileged",
  reason: "agents read the processes, disks and logs of their node",
  allows: [apiServer, internet, ingress("traces", [8126, 4317, 4318, 5005], "cluster")],
});

/** The key never stands in the values of the chart, which end up in a Secret of Helm's own and in its history. */
const keyItem = (namespace: string, given: ConfigSecret, key: string) =>
  secret({
    name: `${namespace}-key`,
    generate: {},
    given: { key: given },
    copies: [{ name: keySecret, namespace, data: { [key]: "{{key}}" } }],
  });

const clusterName = options({
  /** The cluster's name there; the stack's when left out. */
  clusterName: z.string("a name").min(1).max(80).optional(),
});

/** Figures, logs and traces by Datadog, a service that you pay for. */
export const datadog = defineAddon({
  type: "bedplate:observability:Datadog",
  provides: ["observability"],
  options: clusterName.extend({
    site: z.string("a site such as datadoghq.eu").min(1).max(80).default("datadoghq.com"),
  }),
  needsSecrets: () => ["datadogApiKey"],
  plan: ({ clusterName: name, site }, { stack }) => ({
    namespaces: [place("datadog")],
    stages: [
      [keyItem("datadog", "datadogApiKey", "api-key")],
      [
        release("datadog", "datadog", {
          datadog: {
            apiKeyExistingSecret: keySecret,
            site,
            clusterName: name ?? stack,
            logs: { enabled: true, containerCollectAll: true },
            apm: { portEnabled: false, socketEnabled: true },
            otlp: { receiver: { protocols: { grpc: { enabled: true }, http: { enabled: true } } } },
          },
        }),
      ],
    ],
    connections: { observability: { product: "datadog", namespace: "datadog" } },
  }),
});

/** Figures, logs and traces by New Relic, a service that you pay for. */
export const newRelic = defineAddon({
  type: "bedplate:observability:NewRelic",
  provides: ["observability"],
  options: clusterName,
  needsSecrets: () => ["newRelicLicenceKey"],
  plan: ({ clusterName: name }, { stack }) => ({
    namespaces: [place("new-relic")],
    stages: [
      [keyItem("new-relic", "newRelicLicenceKey", "license-key")],
      [
        release("new-relic", "new-relic", {
          global: {
            cluster: name ?? stack,
            customSecretName: keySecret,
            customSecretLicenseKey: "license-key",
            lowDataMode: true,
          },
        }),
      ],
    ],
    connections: { observability: { product: "new-relic", namespace: "new-relic" } },
  }),
});
