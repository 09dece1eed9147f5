import { type Fields, fieldsOf, isUnknown, itemsOf } from "./plain-data.ts";
import type { ResourceView } from "./rule.ts";

/** Where the nine kinds of workload keep what is one pod: its metadata and its spec. */
const podPaths: Readonly<Record<string, readonly string[]>> = {
  Pod: [],
  PodTemplate: ["template"],
  Deployment: ["spec", "template"],
  StatefulSet: ["spec", "template"],
  DaemonSet: ["spec", "template"],
  ReplicaSet: ["spec", "template"],
  ReplicationController: ["spec", "template"],
  Job: ["spec", "template"],
  CronJob: ["spec", "jobTemplate", "spec", "template"],
};

/** `kubernetes:apps/v1:DeploymentPatch` and `kubernetes:apps/v1:DeploymentList` are about deployments too. */
const typePattern = /^kubernetes:[^:]*:([A-Za-z]+?)(Patch|List)?$/;

/** Deeper than any operator's pod template lies in its resource. */
const templateDepth = 16;

/** A pod that a resource asks for. */
export interface PodView {
  /** Where its spec stands in the resource's inputs, such as `spec.template.spec`. */
  readonly path: string;
  readonly annotations: Fields;
  readonly spec: Fields;
}

const join = (...parts: readonly string[]) => parts.filter((part) => part !== "").join(".");

const fieldsAt = (value: unknown, path: readonly string[]): Fields =>
  fieldsOf(path.reduce<unknown>((at, key) => fieldsOf(at)[key], value));

/** The Kubernetes kind of a resource, lists and patches included; undefined for anything else. */
export function kubernetesKind(type: string): string | undefined {
  return typePattern.exec(type)?.[1];
}

interface Located {
  readonly path: string;
  readonly object: Fields;
}

function locatedObjects(resource: ResourceView): readonly Located[] {
  const match = typePattern.exec(resource.type);
  if (match === null) return [];
  if (match[2] !== "List") return [{ path: "", object: fieldsOf(resource.properties) }];
  const items = itemsOf(fieldsOf(resource.properties).items);
  return items.map((item, index) => ({ path: `items[${index}]`, object: fieldsOf(item) }));
}

/** The Kubernetes objects in a resource: itself, or the items of a list. */
export function kubernetesObjects(resource: ResourceView): readonly Fields[] {
  return locatedObjects(resource).map(({ object }) => object);
}

const holderIsKnown = (object: Fields, path: readonly string[]) =>
  path.every((key, depth) => !isUnknown(fieldsAt(object, path.slice(0, depth))[key]));

/** Of a pod that is not known yet nothing can be said, also not what is missing. */
function podAt({ path, object }: Located, inside: readonly string[]): PodView[] {
  const holder = fieldsAt(object, inside);
  const annotations = fieldsOf(fieldsOf(holder.metadata).annotations);
  if (!holderIsKnown(object, inside) || isUnknown(holder.spec)) return [];
  return [{ path: join(path, ...inside, "spec"), annotations, spec: fieldsOf(holder.spec) }];
}

const looksLikePod = (value: Fields) =>
  Array.isArray(value.containers) && value.containers.some((item) => Object.keys(fieldsOf(item)).length > 0);

/** Pod specs anywhere in what operators and charts are given: whatever has a list of containers is one. */
function embeddedPods(value: unknown, path: string, holder: Fields, depth = 0): PodView[] {
  if (depth > templateDepth) return [];
  const below = (inner: unknown, at: string, parent: Fields) => embeddedPods(inner, at, parent, depth + 1);
  if (Array.isArray(value)) return value.flatMap((item, index) => below(item, `${path}[${index}]`, {}));
  const fields = fieldsOf(value);
  const annotations = fieldsOf(fieldsOf(holder.metadata).annotations);
  const own = looksLikePod(fields) ? [{ path, annotations, spec: fields }] : [];
  return [...own, ...Object.entries(fields).flatMap(([key, inner]) => below(inner, join(path, key), fields))];
}

/**
 * Every pod that a resource asks for: of the nine kinds of workload, of their lists, and the pod templates inside
 * custom resources (RayCluster, TrainJob, InferenceService, ...) and the values of Helm charts.
 */
export function podsOf(resource: ResourceView): readonly PodView[] {
  const known = found.get(resource) ?? findPods(resource);
  found.set(resource, known);
  return known;
}

/** Every rule about pods looks for them in the same resource. */
const found = new WeakMap<ResourceView, readonly PodView[]>();

function findPods(resource: ResourceView): readonly PodView[] {
  const kind = kubernetesKind(resource.type);
  if (kind === undefined) return [];
  const inside = podPaths[kind];
  return locatedObjects(resource).flatMap((located) =>
    inside === undefined ? embeddedPods(located.object, located.path, {}) : podAt(located, inside),
  );
}

/** The spec of every pod that a resource asks for. */
export function podSpecs(resource: ResourceView): readonly Fields[] {
  return podsOf(resource).map(({ spec }) => spec);
}

/** A container and where in the pod's spec it stands. */
export interface PodContainer {
  readonly path: string;
  readonly container: Fields;
}

/** Init, ordinary and ephemeral containers of a pod. */
export function containersOf(podSpec: Fields): PodContainer[] {
  return ["initContainers", "containers", "ephemeralContainers"].flatMap((list) =>
    itemsOf(podSpec[list]).map((item, index) => ({ path: `${list}[${index}]`, container: fieldsOf(item) })),
  );
}
