import type { Manifest } from "./manifest.plan.ts";

/** How strictly the API server judges the pods of a namespace. */
export type PodSecurityLevel = "restricted" | "baseline" | "privileged";

/** Who may be at the other end of a connection. */
export type Peer =
  | { readonly namespace: string }
  /** Every namespace of a team. */
  | "teams"
  /** Every pod of the cluster. */
  | "cluster"
  /** Anything that can be reached, the API server and the internet included. */
  | "anywhere";

/** One hole in the default-deny: who may come in, or whom one may call, and at which ports. */
export interface Allow {
  /** Name of the policy; says what it is for. */
  readonly name: string;
  readonly from?: readonly Peer[];
  readonly to?: readonly Peer[];
  /** TCP ports; all of them when left out. */
  readonly ports?: readonly number[];
  /** Pods of the namespace that it is about; all of them when left out. */
  readonly pods?: Readonly<Record<string, string>>;
}

/** A namespace with what its pods may do. */
export interface NamespacePlan {
  readonly name: string;
  /** `restricted` when left out. */
  readonly level?: PodSecurityLevel;
  /** Why a level other than `restricted` is needed. */
  readonly reason?: string;
  readonly allows: readonly Allow[];
  /** Whether something in it holds data, such as a volume: it is protected and kept in production, for its end is theirs. */
  readonly holdsData?: boolean;
  readonly labels?: Readonly<Record<string, string>>;
}

/** Label of a team's namespace, with the team's name. */
export const teamLabel = "bedplate.dev/team";

/** Label of a namespace whose jobs wait in a queue of Kueue; those of others are none of its business. */
export const queuedLabel = "bedplate.dev/queued";

/** Calls to the API server and to webhooks come from nodes, whose addresses no selector of pods has. */
export const apiServer: Allow = { name: "api-server", to: ["anywhere"], ports: [443, 6443] };

/** Lets the API server call the webhooks of a namespace. */
export const webhook = (...ports: number[]): Allow => ({ name: "webhook", from: ["anywhere"], ports });

/** Lets pods of a namespace fetch from, and send to, the internet by TLS. */
export const internet: Allow = { name: "internet", to: ["anywhere"], ports: [443] };

/** Lets those of other namespaces come in. */
export const ingress = (name: string, ports: readonly number[], ...from: Peer[]): Allow => ({
  name,
  from,
  ports,
});

/** Lets pods call those of another namespace. */
export const egress = (namespace: string, ...ports: number[]): Allow => ({
  name: `to-${namespace}`,
  to: [{ namespace }],
  ports,
});

function peerOf(peer: Peer): Readonly<Record<string, unknown>> {
  if (peer === "anywhere") return { ipBlock: { cidr: "0.0.0.0/0" } };
  if (peer === "cluster") return { namespaceSelector: {} };
  if (peer === "teams")
    return { namespaceSelector: { matchExpressions: [{ key: teamLabel, operator: "Exists" }] } };
  return { namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": peer.namespace } } };
}

const policy = (namespace: string, name: string, spec: Readonly<Record<string, unknown>>): Manifest => ({
  apiVersion: "networking.k8s.io/v1",
  kind: "NetworkPolicy",
  metadata: { name, namespace },
  spec,
});

function allowed(namespace: string, { name, from, to, ports, pods }: Allow): Manifest {
  const selected = ports?.map((port) => ({ protocol: "TCP", port }));
  const open = selected === undefined ? {} : { ports: selected };
  return policy(namespace, `allow-${name}`, {
    podSelector: pods === undefined ? {} : { matchLabels: pods },
    policyTypes: [...(from === undefined ? [] : ["Ingress"]), ...(to === undefined ? [] : ["Egress"])],
    ...(from !== undefined && { ingress: [{ from: from.map(peerOf), ...open }] }),
    ...(to !== undefined && { egress: [{ to: to.map(peerOf), ...open }] }),
  });
}

const kubeDns = {
  namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "kube-system" } },
  podSelector: { matchLabels: { "k8s-app": "kube-dns" } },
};

/** What every namespace has: nothing comes in or goes out but names, and what stays inside. */
function basePolicies(namespace: string): Manifest[] {
  const inside = { podSelector: {} };
  return [
    policy(namespace, "default-deny", { podSelector: {}, policyTypes: ["Ingress", "Egress"] }),
    policy(namespace, "allow-names-and-inside", {
      podSelector: {},
      policyTypes: ["Ingress", "Egress"],
      ingress: [{ from: [inside] }],
      egress: [
        { to: [inside] },
        {
          to: [kubeDns],
          ports: [
            { protocol: "UDP", port: 53 },
            { protocol: "TCP", port: 53 },
          ],
        },
      ],
    }),
  ];
}

/** Labels that have the API server judge pods at a level, by the rules of one Kubernetes version such as `v1.37`. */
export function podSecurityLabels(level: PodSecurityLevel, version: string) {
  return Object.fromEntries(
    ["enforce", "warn", "audit"].flatMap((mode) => [
      [`pod-security.kubernetes.io/${mode}`, level],
      [`pod-security.kubernetes.io/${mode}-version`, version],
    ]),
  );
}

/** A namespace: Pod Security at a named version, and no connection that is not named. */
export function namespaceManifests(plan: NamespacePlan, podSecurityVersion: string): readonly Manifest[] {
  const { name, level = "restricted", reason, allows, labels } = plan;
  const namespace: Manifest = {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: {
      name,
      labels: { ...podSecurityLabels(level, podSecurityVersion), ...labels },
      ...(reason !== undefined && { annotations: { "bedplate.dev/pod-security-reason": reason } }),
    },
  };
  return [namespace, ...basePolicies(name), ...allows.map((allow) => allowed(name, allow))];
}
