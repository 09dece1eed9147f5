import { roleRules, type TrainingConnection, trainingAccess } from "@bedplate/contract";
import type { Item, PlatformContext } from "../kubernetes/addon.plan.ts";
import { object } from "../kubernetes/addon.plan.ts";
import { builtIn, custom } from "../kubernetes/manifest.plan.ts";
import { egress, ingress, type NamespacePlan, queuedLabel } from "../kubernetes/namespace.plan.ts";
import { noShares, resourceGroups } from "../queue/kubernetes.plan.ts";

/** Namespace of the jobs that the runtime is given; nothing else is in it. */
const namespace = "bedplate-jobs";
const queue = "default";
const rbac = "rbac.authorization.k8s.io/v1";
/** Where Ray's head answers its operator. */
const rayDashboard = 8265;

/** The runtime that makes the jobs. */
interface Owner {
  readonly name: string;
  readonly namespace: string;
  readonly port: number;
}

/** Where the runtime's jobs run: in a namespace of their own, by the one Role that its account has. */
export function jobsConnection(context: PlatformContext, owner: Owner): TrainingConnection {
  return {
    kind: "kubernetes",
    namespace,
    deployment: context.deployment,
    serviceUrl: `http://${owner.name}.${owner.namespace}:${owner.port}`,
    image: context.runtimeImage,
    ...(context.connections.queue !== undefined && { queue }),
    server: "https://kubernetes.default.svc",
    tokenFile: "/var/run/secrets/kubernetes.io/serviceaccount/token",
    caFile: "/var/run/secrets/kubernetes.io/serviceaccount/ca.crt",
  };
}

/** What jobs may reach: the runtime, and each other. */
export function jobsNamespace({ connections }: PlatformContext, owner: Owner): NamespacePlan {
  const { queue: queueing, rayJobs } = connections;
  return {
    name: namespace,
    ...(queueing !== undefined && { labels: { [queuedLabel]: "true" } }),
    allows: [
      egress(owner.namespace, owner.port),
      ...(rayJobs === undefined ? [] : [ingress("ray", [rayDashboard], { namespace: rayJobs.namespace })]),
    ],
  };
}

/** The account of the runtime, and what it may do with jobs. */
export function jobsAccess({ name, namespace: home }: Owner): readonly Item[] {
  return [
    builtIn("v1", "ServiceAccount", { name, namespace: home }, { automountServiceAccountToken: false }),
    builtIn(rbac, "Role", { name, namespace }, { rules: roleRules(trainingAccess) }),
    builtIn(
      rbac,
      "RoleBinding",
      { name, namespace },
      {
        roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name },
        subjects: [{ kind: "ServiceAccount", name, namespace: home }],
      },
    ),
  ].map(object);
}

/** The jobs' place in the platform's queue: nothing of their own, and what the cohort has free. */
export function jobsQueue({ connections }: PlatformContext): readonly Item[] {
  if (connections.queue === undefined) return [];
  const { cohort, flavors } = connections.queue;
  const clusterQueue = custom(
    "ClusterQueue",
    { name: namespace },
    {
      cohortName: cohort,
      namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": namespace } },
      queueingStrategy: "BestEffortFIFO",
      resourceGroups: resourceGroups(noShares(flavors)),
    },
  );
  return [clusterQueue, custom("LocalQueue", { name: queue, namespace }, { clusterQueue: namespace })].map(
    object,
  );
}
