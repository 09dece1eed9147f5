import { Release } from "@pulumi/kubernetes/helm/v3/release.js";
import { CertManager } from "@pulumi/kubernetes-cert-manager";
import type * as pulumi from "@pulumi/pulumi";
import { type CatalogChart, catalog } from "../catalog.ts";
import type { Item } from "./addon.plan.ts";
import { chartSource, type Mirrors, mirroredValues } from "./chart-source.plan.ts";

type ReleaseItem = Extract<Item, { type: "release" }>;

const historyLimit = 5;
const timeoutSeconds = 600;

/**
 * Installs a chart of the catalog: by its fixed name, whole or not at all. A release, not rendered objects, so that the
 * chart's hooks run. Its namespace must be there.
 */
export function helmAddon(
  item: ReleaseItem,
  mirrors: Mirrors,
  options: pulumi.CustomResourceOptions,
): pulumi.Resource {
  const entry: CatalogChart = catalog[item.chart];
  const source = chartSource(entry, mirrors);
  const common = {
    namespace: item.namespace,
    createNamespace: false,
    atomic: true,
    maxHistory: historyLimit,
    timeout: entry.timeoutSeconds ?? timeoutSeconds,
    values: mirroredValues(entry, item.values, mirrors),
  };
  if (item.installer === "pulumi-component")
    return new CertManager(item.name, { helmOptions: { ...common, ...source, name: item.name } }, options);
  return new Release(
    item.name,
    { ...common, ...source, name: item.name, ...(item.skipCrds === true && { skipCrds: true }) },
    options,
  );
}
