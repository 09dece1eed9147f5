/** An object that is still in a cluster. */
export interface ClusterObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string | undefined;
    readonly labels?: Readonly<Record<string, string>> | undefined;
    readonly deletionTimestamp?: string | undefined;
    readonly finalizers?: readonly string[] | undefined;
    readonly ownerReferences?: readonly unknown[] | undefined;
  };
  readonly spec?: Readonly<Record<string, unknown>> | undefined;
}

/** What is left of a deployment that should be gone. */
export interface Survivor {
  /** `<kind>.<group> <namespace>/<name>`. */
  readonly object: string;
  /** Why it is still there, in a sentence. */
  readonly why: string;
}

/** What is known of a deployment from its state, before it is taken down. */
export interface Deployment {
  readonly id: string;
  /** Namespaces that it made: everything in them is its own, but in those that are kept. */
  readonly namespaces: ReadonlySet<string>;
  /** What stays by policy, as `objectName` writes it. */
  readonly keeps: ReadonlySet<string>;
}

export const deploymentLabel = "bedplate.dev/deployment";

/** How an object is named to people. */
export function objectName({ apiVersion, kind, metadata }: Omit<ClusterObject, "spec">): string {
  const [group, version] = apiVersion.split("/");
  const type = version === undefined ? kind : `${kind}.${group}`;
  return `${type} ${metadata.namespace === undefined ? "" : `${metadata.namespace}/`}${metadata.name}`;
}

/** The namespace whose claim a volume is bound to: volumes carry no label of ours. */
function claimNamespace({ kind, spec }: ClusterObject): string | undefined {
  const claim = kind === "PersistentVolume" ? spec?.claimRef : undefined;
  if (typeof claim !== "object" || claim === null || !("namespace" in claim)) return undefined;
  return String(claim.namespace);
}

/** In a namespace that is kept, only what carries the label: the rest is of what is kept there, such as a chart's pods. */
function belongs(object: ClusterObject, { id, namespaces, keeps }: Deployment): boolean {
  const { labels, namespace, name } = object.metadata;
  if (labels?.[deploymentLabel] === id) return true;
  if (object.kind === "Namespace") return namespaces.has(name);
  const place = namespace ?? claimNamespace(object) ?? "";
  return namespaces.has(place) && !keeps.has(`Namespace ${place}`);
}

/** What stays by policy, and the volume of what stays. */
function isKept(object: ClusterObject, { keeps, namespaces }: Deployment): boolean {
  if (keeps.has(objectName(object))) return true;
  const { namespace, name } = object.metadata;
  // A namespace holds what is kept in it, and so is kept with it.
  if (object.kind === "Namespace") return [...keeps].some((kept) => kept.includes(` ${name}/`));
  const retained =
    object.kind === "PersistentVolume" && object.spec?.persistentVolumeReclaimPolicy === "Retain";
  return retained && namespaces.has(claimNamespace(object) ?? namespace ?? "");
}

function whyOf({ metadata: { deletionTimestamp, finalizers = [] } }: ClusterObject): string {
  if (deletionTimestamp === undefined) return "nobody has deleted it.";
  if (finalizers.length === 0) return "it is being deleted.";
  return `it is being deleted, and waits for ${finalizers.join(", ")}: is the operator that removes that still there?`;
}

/** What an audit finds: objects of the deployment that are neither kept by policy nor owned by another survivor. */
export function findSurvivors(objects: readonly ClusterObject[], deployment: Deployment): Survivor[] {
  return objects
    .filter((object) => belongs(object, deployment) && !isKept(object, deployment))
    .filter(({ metadata }) => (metadata.ownerReferences ?? []).length === 0)
    .map((object) => ({ object: objectName(object), why: whyOf(object) }))
    .sort((a, b) => a.object.localeCompare(b.object));
}
