import { type Fields, fieldsOf, itemsOf } from "./plain-data.ts";
import type { ResourceView } from "./rule.ts";

/** Where the nine kinds of workload keep the pod's spec. */
const podPaths: Readonly<Record<string, readonly string[]>> = {
  Pod: ["spec"],
  PodTemplate: ["template", "spec"],
  Deployment: ["spec", "template", "spec"],
  StatefulSet: ["spec", "template", "spec"],
  DaemonSet: ["spec", "template", "spec"],
  ReplicaSet: ["spec", "template", "spec"],
  ReplicationController: ["spec", "template", "spec"],
  Job: ["spec", "template", "spec"],
  CronJob: ["spec", "jobTemplate", "spec", "template", "spec"],
};

/** `kubernetes:apps/v1:DeploymentPatch` and `kubernetes:apps/v1:DeploymentList` are about deployments too. */
const typePattern = /^kubernetes:[^:]*:([A-Za-z]+?)(Patch|List)?$/;

const fieldsAt = (value: unknown, path: readonly string[]): Fields =>
  fieldsOf(path.reduce<unknown>((at, key) => fieldsOf(at)[key], value));

/** The Kubernetes kind of a resource, lists and patches included; undefined for anything else. */
export function kubernetesKind(type: string): string | undefined {
  return typePattern.exec(type)?.[1];
}

/** The Kubernetes objects in a resource: itself, or the items of a list. */
export function kubernetesObjects(resource: ResourceView): readonly Fields[] {
  const match = typePattern.exec(resource.type);
  if (match === null) return [];
  const objects = match[2] === "List" ? itemsOf(fieldsOf(resource.properties).items) : [resource.properties];
  return objects.map(fieldsOf);
}

/** The spec of every pod that a resource asks for. */
export function podSpecs(resource: ResourceView): readonly Fields[] {
  const path = podPaths[kubernetesKind(resource.type) ?? ""];
  return path === undefined ? [] : kubernetesObjects(resource).map((object) => fieldsAt(object, path));
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
