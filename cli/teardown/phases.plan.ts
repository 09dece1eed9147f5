/** What matters of a resource in the engine's state. */
export interface StateResource {
  readonly urn: string;
  readonly type: string;
  readonly custom: boolean;
  readonly parent?: string | undefined;
  /** URN and id of its provider, as the state has it. */
  readonly provider?: string | undefined;
  readonly dependencies: readonly string[];
  readonly protect: boolean;
  readonly retainOnDelete: boolean;
  readonly inputs: Readonly<Record<string, unknown>>;
}

/** In this order things go; each is named after what it is for. */
export const phases = [
  { name: "dispatch", title: "stop what makes new things: the runtime, GitOps, autoscalers, schedules" },
  { name: "custom-resources", title: "let operators take down what they look after, finalizers and all" },
  { name: "load-balancers", title: "give load balancers and their addresses back" },
  { name: "node-pools", title: "end node pools, and the machines that they made" },
  { name: "volumes", title: "delete volumes, but those that are kept" },
  { name: "charts", title: "uninstall charts: the operators themselves" },
  { name: "rest", title: "delete the rest: namespaces, roles, policies, providers" },
] as const;
export type PhaseName = (typeof phases)[number]["name"];

export interface TeardownPhase {
  readonly name: PhaseName;
  readonly title: string;
  /** URNs of what the engine deletes in it; components are not listed, they go with their last child. */
  readonly deletes: readonly string[];
}

export interface TeardownPlan {
  readonly phases: readonly TeardownPhase[];
  /** Left where they are, by policy: only the state forgets them. */
  readonly keeps: readonly string[];
  /** Refused by the engine until somebody unprotects them. */
  readonly isProtected: readonly string[];
}

const kubernetesGroups = new Set([
  "core",
  "apps",
  "batch",
  "autoscaling",
  "policy",
  "rbac.authorization.k8s.io",
  "networking.k8s.io",
  "storage.k8s.io",
  "scheduling.k8s.io",
  "coordination.k8s.io",
  "node.k8s.io",
  "discovery.k8s.io",
  "events.k8s.io",
  "apiextensions.k8s.io",
  "apiregistration.k8s.io",
  "admissionregistration.k8s.io",
  "certificates.k8s.io",
  "flowcontrol.apiserver.k8s.io",
  "resource.k8s.io",
  "authentication.k8s.io",
  "authorization.k8s.io",
  "helm.sh",
  "yaml",
  "kustomize",
]);

/** Makers of new things, by type: autoscalers and schedules would fight the end, GitOps would undo it. */
const makers =
  /^kubernetes:(autoscaling\/[^:]+:HorizontalPodAutoscaler|batch\/v1:CronJob|argoproj\.io\/[^:]+:(Application|ApplicationSet)|keda\.sh\/[^:]+:Scaled(Object|Job))$/;
const nodePools =
  /^(kubernetes:karpenter(\.sh|\.k8s\.aws)\/|kubernetes:eks\.amazonaws\.com\/|aws:eks\/nodeGroup:|eks:index:(Managed)?NodeGroup|gcp:container\/nodePool:)/;
const loadBalancers =
  /^kubernetes:(gateway\.networking\.k8s\.io\/[^:]+:Gateway|networking\.k8s\.io\/v1:Ingress)$/;
const volumes = /^kubernetes:core\/v1:PersistentVolume(Claim)?$/;
const charts = /^kubernetes:helm\.sh\//;

function fieldOf(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (at, key) => (typeof at === "object" && at !== null ? (at as Record<string, unknown>)[key] : undefined),
    value,
  );
}

/** The runtime starts jobs, and would start more while the rest goes. */
function isRuntime({ type, inputs }: StateResource): boolean {
  return (
    type === "kubernetes:apps/v1:Deployment" &&
    fieldOf(inputs, "metadata", "labels", "app.kubernetes.io/component") === "runtime"
  );
}

/** `kubernetes:<group>/<version>:<Kind>` with a group that Kubernetes itself does not have. */
function isCustomResource(type: string): boolean {
  const group = /^kubernetes:([^/:]+)\//.exec(type)?.[1];
  return group !== undefined && !kubernetesGroups.has(group);
}

function ownPhase(resource: StateResource): PhaseName {
  const { type, inputs } = resource;
  if (isRuntime(resource) || makers.test(type)) return "dispatch";
  if (nodePools.test(type)) return "node-pools";
  if (loadBalancers.test(type)) return "load-balancers";
  if (type === "kubernetes:core/v1:Service" && fieldOf(inputs, "spec", "type") === "LoadBalancer")
    return "load-balancers";
  if (isCustomResource(type)) return "custom-resources";
  if (volumes.test(type)) return "volumes";
  return charts.test(type) ? "charts" : "rest";
}

const indexOf = (name: PhaseName) => phases.findIndex((phase) => phase.name === name);

/** URNs of what must still be there while this is: what it depends on, lives in, and is made through. */
function needs({ dependencies, parent, provider }: StateResource): string[] {
  const made = provider?.slice(0, provider.lastIndexOf("::"));
  return [...dependencies, ...(parent === undefined ? [] : [parent]), ...(made === undefined ? [] : [made])];
}

/**
 * Puts every resource in the phase that its kind has, or in a later one where something that needs it goes later: the
 * engine would take that along, before its time.
 */
export function planTeardown(resources: readonly StateResource[]): TeardownPlan {
  const byUrn = new Map(resources.map((resource) => [resource.urn, resource]));
  const phaseOf = new Map(
    resources.map((resource) => [resource.urn, resource.custom ? indexOf(ownPhase(resource)) : 0]),
  );
  const defer = (resource: StateResource) => {
    const own = phaseOf.get(resource.urn) ?? 0;
    for (const urn of needs(resource)) {
      const needed = byUrn.get(urn);
      if (needed === undefined || (phaseOf.get(urn) ?? 0) >= own) continue;
      phaseOf.set(urn, own);
      defer(needed);
    }
  };
  resources.forEach(defer);
  const made = resources.filter(({ custom, type }) => custom && !type.startsWith("pulumi:"));
  const keeps = made.filter(({ retainOnDelete }) => retainOnDelete).map(({ urn }) => urn);
  return {
    phases: phases.map(({ name, title }, index) => ({
      name,
      title,
      deletes: made.flatMap(({ urn, retainOnDelete }) =>
        phaseOf.get(urn) === index && !retainOnDelete ? [urn] : [],
      ),
    })),
    keeps,
    isProtected: made.filter((resource) => resource.protect).map(({ urn }) => urn),
  };
}

/** The runs of the engine that carry a plan out, arguments each: a run a phase, and the last for all that is then left. */
export function teardownRuns({ phases: planned }: TeardownPlan): string[][] {
  const destroy = ["destroy", "--yes", "--skip-preview"];
  const early = planned.slice(0, -1).filter(({ deletes }) => deletes.length > 0);
  return [
    ...early.map(({ deletes }) => [...destroy, ...deletes.flatMap((urn) => ["--target", urn])]),
    destroy,
  ];
}
