import type { Item, SecretPlan, Stage } from "./addon.plan.ts";
import type { NamespacePlan } from "./namespace.plan.ts";

/** Namespaces in which an item holds data, or a key to data. */
function placesOf(item: Item): readonly (string | undefined)[] {
  if (item.type === "secret")
    return item.secret.data === true ? item.secret.copies.map(({ namespace }) => namespace) : [];
  if (item.data !== true) return [];
  return [item.type === "release" ? item.namespace : item.manifest.metadata.namespace];
}

/**
 * Namespaces that hold data, because they say so or because something in them does: one takes everything in it along, so
 * it must be kept as long.
 */
export function dataNamespaces(
  stages: readonly Stage[],
  namespaces: readonly NamespacePlan[],
): ReadonlySet<string> {
  return new Set([
    ...namespaces.flatMap(({ name, holdsData }) => (holdsData === true ? [name] : [])),
    ...stages.flat().flatMap((item) => placesOf(item).filter((name) => name !== undefined)),
  ]);
}

const markSecret = (secret: SecretPlan, holding: ReadonlySet<string>): SecretPlan => ({
  ...secret,
  copies: secret.copies.map((copy) => (holding.has(copy.namespace) ? { ...copy, isNeeded: true } : copy)),
});

/** Says of Secrets in namespaces that hold data that they are needed: what is kept must go on working. */
export const markSecrets = (stages: readonly Stage[], holding: ReadonlySet<string>): readonly Stage[] =>
  stages.map((stage) =>
    stage.map((item) =>
      item.type === "secret" ? { ...item, secret: markSecret(item.secret, holding) } : item,
    ),
  );

/** Says of namespaces that they hold data. */
export const markNamespaces = (
  namespaces: readonly NamespacePlan[],
  holding: ReadonlySet<string>,
): readonly NamespacePlan[] =>
  namespaces.map((each) => (holding.has(each.name) ? { ...each, holdsData: true } : each));
