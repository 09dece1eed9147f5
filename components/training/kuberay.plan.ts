import { defineAddon, release } from "../kubernetes/addon.plan.ts";
import { apiServer, ingress } from "../kubernetes/namespace.plan.ts";
import { options } from "../kubernetes/options.plan.ts";
import { readOnlyContainer, resourcesOf, restrictedPod } from "../kubernetes/pod.plan.ts";
import { trainingNamespace } from "./trainer.plan.ts";

/** Tuning and training on Ray: the operator; jobs bring their clusters and end them. */
export const kuberay = defineAddon({
  type: "bedplate:training:KubeRay",
  provides: ["rayJobs"],
  after: ["queue", "gpu", "trainingJobs"],
  options: options({}),
  plan: (_options, { image }) => ({
    namespaces: [
      {
        name: trainingNamespace,
        // The operator asks the head of every Ray cluster how its job is.
        allows: [
          apiServer,
          ingress("figures", [8080, 8443], "cluster"),
          { name: "ray-heads", to: ["cluster"], ports: [8265] },
        ],
      },
    ],
    stages: [
      [
        release("kuberay", trainingNamespace, {
          batchScheduler: { enabled: false },
          podSecurityContext: restrictedPod,
          securityContext: readOnlyContainer,
          resources: resourcesOf({ cpu: "100m", memory: "512Mi" }),
        }),
      ],
    ],
    monitors: [
      {
        name: "kuberay",
        namespace: trainingNamespace,
        labels: { "app.kubernetes.io/name": "kuberay-operator" },
        port: "http",
      },
    ],
    connections: { rayJobs: { namespace: trainingNamespace, image: image("ray") } },
  }),
});
