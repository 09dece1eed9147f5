import fc from "fast-check";
import type { ResourceView } from "../lib/rule.ts";
import { containerLists, goodPod, podWorkloads, resource } from "../lib/rule-cases.ts";
import { mutants, overlay } from "./pod-case.ts";
import { baselineCases } from "./pss-baseline.ts";
import { restrictedCases } from "./pss-restricted.ts";

/** A resource with one thing wrong, and the rule that must say so. */
export interface Insecure {
  readonly rule: string;
  readonly what: string;
  readonly view: ResourceView;
}

const name = fc.stringMatching(/^[a-z][a-z0-9]{0,8}$/);

/** What a pod may have besides, and no rule minds. */
const harmless = fc.record(
  {
    hostUsers: fc.constantFrom(true, null),
    volumes: fc.constantFrom([{ name: "a", emptyDir: {} }], [], null),
    terminationGracePeriodSeconds: fc.nat(600),
    nodeSelector: fc.dictionary(fc.string(), fc.string(), { maxKeys: 2 }),
    hostNetwork: fc.constantFrom(false, null),
    containers: fc
      .nat(3)
      .map((more) => [
        ...goodPod.containers,
        ...Array.from({ length: more }, (_, at) => ({ ...goodPod.containers[0], name: `more-${at}` })),
      ]),
  },
  { requiredKeys: [] },
);

function workload(kind: string, pod: { metadata?: object; spec: object }): ResourceView {
  const make = podWorkloads[kind];
  if (make === undefined) throw new Error(`no kind ${kind}`);
  return make(pod);
}

const kinds = Object.keys(podWorkloads);
const servingKinds = ["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController"];

const podMutations = Object.entries({ ...baselineCases, ...restrictedCases }).flatMap(([rule, { bad }]) =>
  bad.map((one) => ({ rule, one })),
);

/** A mutation of our corpus, with other things around it, in a list and a kind that chance chooses. */
const insecureStandard = fc
  .record({
    kind: fc.constantFrom(...kinds),
    more: harmless,
    mutation: fc.constantFrom(...podMutations),
    at: fc.nat(2),
  })
  .map(({ kind, more, mutation: { rule, one }, at }): Insecure => {
    const given = mutants({ ...one, spec: { ...more, ...one.spec } });
    const pod = given[at % given.length] ?? { spec: {} };
    return { rule, what: `a ${kind} that ${one.what}`, view: workload(kind, pod) };
  });

const tag = fc.oneof(
  fc.constant(""),
  name.map((text) => `:${text}`),
  name.map((text) => `@sha256:${text}`),
);
const badImage = fc
  .tuple(name, name, tag)
  .map(([host, path, end]) => `registry.example/${host}/${path}${end}`);
const foreignImage = fc
  .tuple(name, name)
  .map(([host, path]) => `${host}.example.org/${path}@sha256:${"0".repeat(64)}`);
const lessResources = fc.constantFrom(
  { resources: undefined },
  { resources: { requests: undefined, limits: undefined } },
  { resources: { requests: { cpu: undefined } } },
  { resources: { limits: undefined } },
  { resources: { limits: { memory: null } } },
);
const working = ["initContainers", "containers"] as const;

/** A change of one container of one list, among others that are good. */
const inContainer = (
  rule: string,
  lists: readonly string[],
  change: fc.Arbitrary<object>,
  some: readonly string[] = kinds,
): fc.Arbitrary<Insecure> =>
  fc
    .record({
      kind: fc.constantFrom(...some),
      list: fc.constantFrom(...lists),
      more: harmless,
      change,
      before: fc.nat(2),
    })
    .map(({ kind, list, more, change: given, before }) => {
      const good = goodPod.containers[0];
      const all = [...Array.from({ length: before }, () => good), overlay(good, given)];
      const spec = overlay(goodPod, { ...more, [list]: all });
      const what = `a ${kind} with ${JSON.stringify(given)} in ${list}[${before}]`;
      return { rule, what, view: workload(kind, { spec: spec as object }) };
    });

const insecureToken = fc
  .record({
    kind: fc.constantFrom(...kinds),
    more: harmless,
    automountServiceAccountToken: fc.constantFrom(true, null, undefined),
    serviceAccountName: fc.constantFrom("default", "", null, undefined),
  })
  .map(
    ({ kind, more, ...account }): Insecure => ({
      rule: "kubernetes-default-token",
      what: `a ${kind} with ${JSON.stringify(account)}`,
      view: workload(kind, { spec: overlay(goodPod, { ...more, ...account }) as object }),
    }),
  );

/** A list of good things with a bad one somewhere in it. */
const among = <Thing>(good: fc.Arbitrary<Thing>, bad: fc.Arbitrary<Thing>) =>
  fc
    .tuple(fc.array(good, { maxLength: 3 }), bad, fc.array(good, { maxLength: 3 }))
    .map(([before, one, after]) => [...before, one, ...after]);

const goodRole = fc.record({
  apiGroups: fc.array(name, { minLength: 1, maxLength: 2 }),
  resources: fc.array(fc.constantFrom("pods", "jobs", "configmaps", "pods/log"), { minLength: 1 }),
  verbs: fc.array(fc.constantFrom("get", "list", "create"), { minLength: 1 }),
});
const starred = fc
  .tuple(goodRole, fc.constantFrom("apiGroups", "resources", "verbs"), fc.nat(3))
  .map(([role, field, at]) => {
    const list: string[] = [...role[field as "verbs"]];
    list.splice(at % (list.length + 1), 0, "*");
    return { ...role, [field]: list };
  });
const climbing = fc
  .tuple(
    goodRole,
    fc.constantFrom(
      { verbs: ["bind"] },
      { verbs: ["get", "escalate"] },
      { verbs: ["impersonate"] },
      { resources: ["pods", "secrets"], verbs: ["watch"] },
      { resources: ["pods/exec"], verbs: ["create"] },
      { resources: ["nodes/proxy"] },
      { resources: ["serviceaccounts/token"], verbs: ["create"] },
    ),
  )
  .map(([role, change]) => ({ ...role, ...change }));

const typed = (type: string, properties: unknown) => resource(properties, { type: `kubernetes:${type}` });
const rbac = "rbac.authorization.k8s.io/v1";
const inRole = (rule: string, bad: fc.Arbitrary<object>) =>
  fc.tuple(fc.constantFrom("Role", "ClusterRole"), among<object>(goodRole, bad)).map(
    ([kind, rules]): Insecure => ({
      rule,
      what: `a ${kind} with ${JSON.stringify(rules)}`,
      view: typed(`${rbac}:${kind}`, { rules }),
    }),
  );

const listener = (protocol: fc.Arbitrary<string>) => fc.record({ name, port: fc.nat(65_535), protocol });
const insecureGateway = among(
  listener(fc.constantFrom("HTTPS", "TLS")),
  listener(fc.constantFrom("HTTP", "TCP", "UDP", "https", "example.org/own")),
).map(
  (listeners): Insecure => ({
    rule: "kubernetes-gateway-tls",
    what: `a gateway with ${JSON.stringify(listeners)}`,
    view: typed("gateway.networking.k8s.io/v1:Gateway", { spec: { listeners } }),
  }),
);

const enforce = "pod-security.kubernetes.io/enforce";
const insecureNamespace = fc
  .tuple(
    fc.dictionary(name, name, { maxKeys: 3 }),
    fc.constantFrom(
      {},
      { [enforce]: "restricted" },
      { [enforce]: "privileged", [`${enforce}-version`]: "v1.37" },
      { [enforce]: "baseline", [`${enforce}-version`]: "latest" },
    ),
  )
  .map(
    ([others, labels]): Insecure => ({
      rule: "kubernetes-namespace-pod-security",
      what: `a namespace with ${JSON.stringify(labels)}`,
      view: typed("core/v1:Namespace", { metadata: { labels: { ...others, ...labels } } }),
    }),
  );
const insecureService = fc.array(fc.record({ port: fc.nat(65_535) }), { maxLength: 4 }).map(
  (ports): Insecure => ({
    rule: "kubernetes-node-port",
    what: `a NodePort of ${ports.length} ports`,
    view: typed("core/v1:Service", { spec: { type: "NodePort", ports } }),
  }),
);

/** One insecure change of something good, of each rule of the group `kubernetes` about one object. */
const insecureOthers = fc.oneof(
  inContainer(
    "kubernetes-image-digest",
    containerLists,
    badImage.map((given) => ({ image: given })),
  ),
  inContainer(
    "kubernetes-image-registry",
    containerLists,
    foreignImage.map((given) => ({ image: given })),
  ),
  inContainer("kubernetes-resource-limits", working, lessResources),
  inContainer(
    "kubernetes-probes",
    ["containers"],
    fc.constantFrom({ readinessProbe: undefined }, { readinessProbe: null }),
    servingKinds,
  ),
  insecureToken,
  inRole("kubernetes-rbac-wildcards", starred),
  inRole("kubernetes-rbac-escalation", climbing),
  insecureGateway,
  insecureNamespace,
  insecureService,
);

/** One insecure change of something good, half of them of a pod's by the Pod Security Standards. */
export const insecure: fc.Arbitrary<Insecure> = fc.oneof(insecureStandard, insecureOthers);

/** What is good and differs in what no rule minds. */
export const secure: fc.Arbitrary<ResourceView> = fc.oneof(
  fc
    .tuple(fc.constantFrom(...kinds), harmless)
    .map(([kind, more]) => workload(kind, { metadata: {}, spec: overlay(goodPod, more) as object })),
  fc
    .tuple(fc.constantFrom("Role", "ClusterRole"), fc.array(goodRole))
    .map(([kind, rules]) => typed(`${rbac}:${kind}`, { rules })),
  fc
    .array(listener(fc.constantFrom("HTTPS", "TLS")))
    .map((listeners) => typed("gateway.networking.k8s.io/v1:Gateway", { spec: { listeners } })),
);
