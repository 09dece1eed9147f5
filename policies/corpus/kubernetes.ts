import type { ResourceView } from "../lib/rule.ts";
import { goodPod, resource, workloads } from "../lib/rule-cases.ts";
import type { ResourceCase, ResourceCases } from "./resource-case.ts";

const image = `registry.example/app@sha256:${"0".repeat(64)}`;
const lists = ["initContainers", "containers", "ephemeralContainers"] as const;
const kinds = Object.entries(workloads);

/** A good pod with something else in it, in each of the nine kinds. */
const inKinds = (what: string, spec: object): ResourceCase[] =>
  kinds.map(([kind, make]) => [`a ${kind} ${what}`, make({ ...goodPod, ...spec })] as const);
/** The same in each list of containers. */
const inLists = (what: string, container: object, some: readonly string[] = lists): ResourceCase[] =>
  some.flatMap((list) => inKinds(`whose ${list} ${what}`, { [list]: [{ name: "x", image, ...container }] }));

const resources = (requests: unknown, limits: unknown) => ({ resources: { requests, limits } });
const small = { cpu: "1", memory: "1Gi" };
const working = ["initContainers", "containers"];
const rbac = (kind: string, properties: object): ResourceView =>
  resource(properties, { type: `kubernetes:rbac.authorization.k8s.io/v1:${kind}` });
const role = (what: string, rule: object): ResourceCase[] =>
  ["Role", "ClusterRole", "ClusterRolePatch"].map((kind) => [
    `a ${kind} that ${what}`,
    rbac(kind, { rules: [{ apiGroups: [""], resources: ["pods"], verbs: ["get"] }, rule] }),
  ]);
const binding = (what: string, properties: object): ResourceCase[] =>
  ["RoleBinding", "ClusterRoleBinding"].map((kind) => [
    `a ${kind} ${what}`,
    rbac(kind, { roleRef: { kind: "ClusterRole", name: "view" }, subjects: [], ...properties }),
  ]);
const namespace = (labels: unknown): ResourceCase => [
  `a namespace with the labels ${JSON.stringify(labels)}`,
  resource({ metadata: { labels } }, { type: "kubernetes:core/v1:Namespace" }),
];
const service = (type: unknown): ResourceCase => [
  `a service of type ${JSON.stringify(type)}`,
  resource({ spec: { type, ports: [] } }, { type: "kubernetes:core/v1:Service" }),
];
const gateway = (protocol: unknown, version = "v1"): ResourceCase => [
  `a gateway of ${version} that speaks ${JSON.stringify(protocol)}`,
  resource(
    {
      spec: {
        listeners: [
          { name: "a", protocol: "HTTPS" },
          { name: "b", port: 80, protocol },
        ],
      },
    },
    { type: `kubernetes:gateway.networking.k8s.io/${version}:Gateway` },
  ),
];
const serving = new Set(["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController"]);
const probed = (what: string, readinessProbe: unknown) =>
  inKinds(what, { containers: [{ name: "x", image, readinessProbe }] });
const enforce = "pod-security.kubernetes.io/enforce";

/** Cases for each rule about Kubernetes that is not of the Pod Security Standards, by the rule's id. */
export const kubernetesCases: Readonly<Record<string, ResourceCases>> = {
  "kubernetes-image-digest": {
    bad: ["app", "app:latest", "app:1.2.3", "app@sha256:0", `app@md5:${"0".repeat(64)}`, "", null].flatMap(
      (name) => inLists(`has the image ${JSON.stringify(name)}`, { image: name }),
    ),
    good: [
      ...inKinds("is good", {}),
      ...inLists("has tag and digest", { image: image.replace("app@", "app:1@") }),
    ],
  },
  "kubernetes-image-registry": {
    bad: ["app", "library/app:1", "ghcr.io/other/app", "ghcr.io/acme-evil/app", "", null].flatMap((name) =>
      inLists(`has the image ${JSON.stringify(name)}`, { image: name }),
    ),
    good: [
      ...inKinds("is good", {}),
      ...inLists("is under an allowed prefix", { image: "ghcr.io/acme/team/app:1" }),
      ...inLists("is Docker's own", { image: "acme/app" }),
    ],
  },
  "kubernetes-resource-limits": {
    bad: [
      ...inLists("has none", {}, working),
      ...inLists("has null", { resources: null }, working),
      ...inLists("has no limit of memory", resources(small, { cpu: "1" }), working),
      ...inLists("asks for no processor time", resources({ memory: "1Gi" }, { memory: "1Gi" }), working),
      ...["0", 0, "0m", "0.0"].flatMap((cpu) =>
        inLists(
          `asks for ${JSON.stringify(cpu)}`,
          resources({ cpu, memory: "1Gi" }, { memory: "1Gi", cpu: "1" }),
          working,
        ),
      ),
      ...inLists("asks for null", resources({ cpu: null, memory: "1Gi" }, { memory: "1Gi" }), working),
    ],
    good: [
      ...inKinds("is good", {}),
      ...inLists("asks for little", resources({ cpu: "0.01", memory: "1Gi" }, { memory: "1Gi" }), working),
      ...inLists("has limits alone, which are its requests", resources(undefined, small), working),
      ...inLists("has none, as it must", {}, ["ephemeralContainers"]),
    ],
  },
  "kubernetes-default-token": {
    bad: [
      ...inKinds("says nothing", { automountServiceAccountToken: undefined }),
      ...inKinds("mounts it", { automountServiceAccountToken: true }),
      ...inKinds("names the default account", {
        automountServiceAccountToken: null,
        serviceAccountName: "default",
      }),
      ...inKinds("names an empty account", { automountServiceAccountToken: null, serviceAccountName: "" }),
    ],
    good: [
      ...inKinds("is good", {}),
      ...inKinds("has an account of its own", {
        automountServiceAccountToken: true,
        serviceAccountName: "web",
      }),
      ...inKinds("names it in the old way", { automountServiceAccountToken: null, serviceAccount: "web" }),
    ],
  },
  "kubernetes-probes": {
    bad: [undefined, null, {}, "yes"]
      .flatMap((probe) => probed(`has the probe ${JSON.stringify(probe)}`, probe))
      .filter(([what]) => serving.has(what.split(" ")[1] ?? "")),
    good: [
      ...inKinds("is good", {}),
      ...probed("has none", undefined).filter(([what]) => !serving.has(what.split(" ")[1] ?? "")),
    ],
  },
  "kubernetes-rbac-wildcards": {
    bad: [
      ...role("allows every verb", { apiGroups: [""], resources: ["pods"], verbs: ["*"] }),
      ...role("allows every resource", { apiGroups: [""], resources: ["*"], verbs: ["get"] }),
      ...role("allows every subresource", { apiGroups: [""], resources: ["*/*"], verbs: ["get"] }),
      ...role("allows every group", { apiGroups: ["*"], resources: ["pods"], verbs: ["get"] }),
      ...role("allows every address", { nonResourceURLs: ["*"], verbs: ["get"] }),
    ],
    good: [
      ...role("names what it needs", {
        apiGroups: ["apps"],
        resources: ["deployments"],
        verbs: ["get", "list"],
      }),
      ...role("has a star in a name", { apiGroups: [""], resources: ["pods/*"], verbs: ["get"] }),
      ...role("is empty", {}),
    ],
  },
  "kubernetes-rbac-escalation": {
    bad: [
      ...["escalate", "bind", "impersonate"].flatMap((verb) =>
        role(`may ${verb}`, {
          apiGroups: ["rbac.authorization.k8s.io"],
          resources: ["roles"],
          verbs: [verb],
        }),
      ),
      ...["get", "list", "watch", "*"].flatMap((verb) =>
        role(`may ${verb} secrets`, { apiGroups: [""], resources: ["secrets"], verbs: [verb] }),
      ),
      ...["pods/exec", "pods/attach", "serviceaccounts/token", "nodes/proxy"].flatMap((door) =>
        ["create", "update", "patch", "*"].flatMap((verb) =>
          role(`may enter by ${door} with ${verb}`, { apiGroups: [""], resources: [door], verbs: [verb] }),
        ),
      ),
      ...role("may read what nodes serve", { apiGroups: [""], resources: ["nodes/proxy"], verbs: ["get"] }),
      ...binding("to cluster-admin", { roleRef: { kind: "ClusterRole", name: "cluster-admin" } }),
      ...binding("for everybody", { subjects: [{ kind: "Group", name: "system:authenticated" }] }),
      ...binding("for strangers", { subjects: [{ kind: "Group", name: "system:unauthenticated" }] }),
      ...binding("for nobody in particular", { subjects: [{ kind: "User", name: "system:anonymous" }] }),
    ],
    good: [
      ...role("reads one secret", {
        apiGroups: [""],
        resources: ["secrets"],
        verbs: ["get"],
        resourceNames: ["mine"],
      }),
      ...role("makes secrets", { apiGroups: [""], resources: ["secrets"], verbs: ["create"] }),
      ...role("reads logs", { apiGroups: [""], resources: ["pods/log"], verbs: ["get"] }),
      ...binding("for a group", { subjects: [{ kind: "Group", name: "ml-team" }] }),
    ],
  },
  "kubernetes-namespace-pod-security": {
    bad: [
      undefined,
      null,
      {},
      { [enforce]: "restricted" },
      { [enforce]: "privileged", [`${enforce}-version`]: "v1.37" },
      { [enforce]: "restricted", [`${enforce}-version`]: "latest" },
      { [enforce]: "restricted", [`${enforce}-version`]: "1.37" },
      { "pod-security.kubernetes.io/warn": "restricted", [`${enforce}-version`]: "v1.37" },
      { [enforce]: "Restricted", [`${enforce}-version`]: "v1.37" },
      { [enforce]: "", [`${enforce}-version`]: "v1.37" },
      { [enforce]: "restricted", [`${enforce}-version`]: "" },
      { [enforce]: "restricted", [`${enforce}-version`]: "v1" },
      { [enforce]: "restricted", [`${enforce}-version`]: "v1.37.2" },
      { [enforce]: "restricted", [`${enforce}-version`]: 1.37 },
      { [enforce]: null, [`${enforce}-version`]: null },
      { [enforce]: true, [`${enforce}-version`]: "v1.37" },
      { owner: "me" },
      { [enforce]: "restricted", [`${enforce}-version`]: "v2.0" },
    ].map(namespace),
    good: [
      { [enforce]: "restricted", [`${enforce}-version`]: "v1.37" },
      { [enforce]: "baseline", [`${enforce}-version`]: "v1.30", owner: "me" },
    ].map(namespace),
  },
  "kubernetes-node-port": {
    bad: [
      service("NodePort"),
      ...Array.from(
        { length: 20 },
        (_, ports): ResourceCase => [
          `a service of type NodePort with ${ports} ports`,
          resource(
            {
              spec: {
                type: "NodePort",
                ports: Array.from({ length: ports }, (_, port) => ({ port: port + 1 })),
              },
            },
            { type: "kubernetes:core/v1:Service" },
          ),
        ],
      ),
    ],
    good: ["ClusterIP", "LoadBalancer", "ExternalName", null, 1].map(service),
  },
  "kubernetes-gateway-tls": {
    bad: [
      ...["HTTP", "TCP", "UDP", "https", "tls", "", "GRPC", null, 1, true].map((protocol) =>
        gateway(protocol),
      ),
      ...["HTTP", "TCP", "UDP", null].flatMap((protocol) =>
        ["v1beta1", "v1alpha2"].map((version) => gateway(protocol, version)),
      ),
    ],
    good: ["HTTPS", "TLS"].flatMap((protocol) =>
      ["v1", "v1beta1"].map((version) => gateway(protocol, version)),
    ),
  },
};
