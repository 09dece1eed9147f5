import type { MonitorPlan } from "../kubernetes/addon.plan.ts";
import { custom, type Manifest } from "../kubernetes/manifest.plan.ts";

/** The monitor by which Prometheus finds figures. */
export function monitorManifest(plan: MonitorPlan): Manifest {
  const { name, namespace: where, labels, port, path = "/metrics", pods = false, bearer } = plan;
  const [secretName, key] = bearer?.split("/") ?? [];
  const endpoint = {
    port,
    path,
    interval: "30s",
    ...(bearer !== undefined && {
      authorization: { type: "Bearer", credentials: { name: secretName, key } },
    }),
  };
  const spec = { selector: { matchLabels: labels } };
  return pods
    ? custom("PodMonitor", { name, namespace: where }, { ...spec, podMetricsEndpoints: [endpoint] })
    : custom("ServiceMonitor", { name, namespace: where }, { ...spec, endpoints: [endpoint] });
}
