import { z } from "zod";
import { defineAddon, release, type Values } from "../kubernetes/addon.plan.ts";
import { apiServer, internet, type NamespacePlan } from "../kubernetes/namespace.plan.ts";
import { options, whole } from "../kubernetes/options.plan.ts";
import { gpuToleration } from "./gpu.plan.ts";

const namespace = "gpu";
const strategies = ["none", "single", "mixed"] as const;

const shared = options({
  /** Pods that take turns on one GPU; 1 for none. Karpenter does not know of it: use nodes that are there. */
  timeSlicing: whole(1, 64).default(1),
  /** How the parts of a divided GPU are named; `none` does not divide it. */
  mig: z.enum(strategies, `one of ${strategies.join(", ")}`).default("none"),
});
type Shared = z.infer<typeof shared>;

const place: NamespacePlan = {
  name: namespace,
  level: "privileged",
  reason: "drivers and the device plugin work on the node itself",
  allows: [apiServer, internet],
};

/** The plugin's own file, which is YAML in a map of the chart. */
const slicing = (replicas: number) =>
  `version: v1\nsharing:\n  timeSlicing:\n    resources:\n      - name: nvidia.com/gpu\n        replicas: ${replicas}\n`;

/** A device that is divided cannot also be handed around by a plain count. */
function sharingProblems({ timeSlicing, mig }: Shared) {
  if (timeSlicing === 1 || mig !== "mixed") return [];
  return [
    {
      path: "timeSlicing",
      value: String(timeSlicing),
      allowed: "1 together with mig: mixed, whose parts have resources of their own",
      fix: "set timeSlicing to 1, or mig to single or none",
    },
  ];
}

function pluginValues({ timeSlicing, mig }: Shared): Values {
  return {
    migStrategy: mig,
    gfd: { enabled: true },
    nfd: { worker: { tolerations: [gpuToleration] } },
    tolerations: [gpuToleration],
    ...(timeSlicing > 1 && { config: { map: { default: slicing(timeSlicing) }, default: "default" } }),
  };
}

/** GPUs of nodes whose image has the driver already: NVIDIA's device plugin and feature discovery. */
export const devicePlugin = defineAddon({
  type: "bedplate:gpu:DevicePlugin",
  provides: ["gpu"],
  options: shared,
  check: sharingProblems,
  plan: (given) => ({
    namespaces: [place],
    stages: [[release("nvidia-device-plugin", namespace, pluginValues(given))]],
    connections: { gpu: { stack: "device-plugin", sharing: given.timeSlicing } },
  }),
});

/** GPUs of bare nodes: NVIDIA's operator with driver, toolkit, device plugin and figures. */
export const gpuOperator = defineAddon({
  type: "bedplate:gpu:GpuOperator",
  provides: ["gpu"],
  after: ["monitoring"],
  options: shared.extend({
    /** False where the node's image has them. */
    driver: z.boolean("true or false").default(true),
    toolkit: z.boolean("true or false").default(true),
  }),
  check: sharingProblems,
  plan: ({ driver, toolkit, timeSlicing, mig }, context) => ({
    namespaces: [place],
    stages: [
      [
        release(
          "gpu-operator",
          namespace,
          {
            driver: { enabled: driver },
            toolkit: { enabled: toolkit },
            operator: { upgradeCRD: true, tolerations: [gpuToleration] },
            daemonsets: { tolerations: [gpuToleration] },
            mig: { strategy: mig },
            dcgmExporter: {
              enabled: true,
              serviceMonitor: { enabled: context.connections.monitoring !== undefined },
            },
            ...(timeSlicing > 1 && {
              devicePlugin: {
                config: {
                  create: true,
                  name: "sharing",
                  default: "default",
                  data: { default: slicing(timeSlicing) },
                },
              },
            }),
          },
          { data: true },
        ),
      ],
    ],
    connections: { gpu: { stack: "operator", sharing: timeSlicing } },
  }),
});

/** GPUs that the cluster's provider looks after itself, as GKE and EKS Auto Mode do; makes nothing. */
export const managedGpu = defineAddon({
  type: "bedplate:gpu:ManagedGpu",
  flavor: "existing",
  provides: ["gpu"],
  options: options({}),
  plan: () => ({ namespaces: [], stages: [], connections: { gpu: { stack: "managed", sharing: 1 } } }),
});
