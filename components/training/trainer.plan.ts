import { gpuToleration } from "../gpu/gpu.plan.ts";
import { defineAddon, object, type PlatformContext, release } from "../kubernetes/addon.plan.ts";
import { custom, type Manifest } from "../kubernetes/manifest.plan.ts";
import { apiServer, ingress, webhook } from "../kubernetes/namespace.plan.ts";
import { options } from "../kubernetes/options.plan.ts";
import { podSpec, type Size } from "../kubernetes/pod.plan.ts";

export const trainingNamespace = "training";

/** Training runtimes that a job may name. */
const runtimes = {
  plain: { framework: "plain", image: "pytorch", policy: {} },
  "torch-distributed": { framework: "torch", image: "pytorch", policy: { torch: {} } },
} as const;

function runtimeManifest(name: keyof typeof runtimes, { image }: PlatformContext, size: Size): Manifest {
  const { framework, image: imageName, policy } = runtimes[name];
  const pod = podSpec({
    tolerations: [gpuToleration],
    restartPolicy: "Never",
    containers: [{ name: "node", image: image(imageName), writable: ["/tmp", "/workspace"], size }],
  });
  return custom(
    "ClusterTrainingRuntime",
    { name, labels: { "trainer.kubeflow.org/framework": framework } },
    {
      mlPolicy: { numNodes: 1, ...policy },
      template: {
        spec: {
          replicatedJobs: [
            {
              name: "node",
              template: {
                metadata: { labels: { "trainer.kubeflow.org/trainjob-ancestor-step": "trainer" } },
                spec: { template: { spec: pod } },
              },
            },
          ],
        },
      },
    },
  );
}

/** Training over many nodes by Kubeflow's trainer, with runtimes of our own. */
export const trainer = defineAddon({
  type: "bedplate:training:Trainer",
  provides: ["trainingJobs"],
  after: ["queue", "gpu"],
  options: options({}),
  plan: (_options, context) => {
    const names = Object.keys(runtimes) as (keyof typeof runtimes)[];
    return {
      namespaces: [
        {
          name: trainingNamespace,
          allows: [apiServer, webhook(9443), ingress("figures", [8080, 8443], "cluster")],
        },
      ],
      stages: [
        [
          release(
            "kubeflow-trainer",
            trainingNamespace,
            {
              jobset: { install: true },
              manager: { replicas: context.production ? 2 : 1 },
              runtimes: { defaultEnabled: false },
            },
            { data: true },
          ),
        ],
        names.map((name) => object(runtimeManifest(name, context, { cpu: "1", memory: "4Gi" }))),
      ],
      connections: { trainingJobs: { namespace: trainingNamespace, runtimes: names } },
    };
  },
});
