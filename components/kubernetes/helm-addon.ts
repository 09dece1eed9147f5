import type { ReleaseArgs } from "@pulumi/kubernetes/helm/v3/release.js";
import { CertManager } from "@pulumi/kubernetes-cert-manager";
import * as pulumi from "@pulumi/pulumi";
import { type CatalogChart, catalog } from "../catalog.ts";
import type { Item } from "./addon.plan.ts";
import { chartSource, type Mirrors, mirroredValues } from "./chart-source.plan.ts";

type ReleaseItem = Extract<Item, { type: "release" }>;

const historyLimit = 5;
const timeoutSeconds = 600;

/**
 * A release of Helm made from plain inputs. The SDK's own class makes an output of each of its 38 properties, given or
 * not, four promises each, and nobody reads them: a tenth of the time of a large platform's program.
 */
class ChartRelease extends pulumi.CustomResource {
  constructor(name: string, args: ReleaseArgs, options: pulumi.CustomResourceOptions) {
    super("kubernetes:helm.sh/v3:Release", name, { ...args, compat: "true" }, options);
  }
}

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
  return new ChartRelease(
    item.name,
    { ...common, ...source, name: item.name, ...(item.skipCrds === true && { skipCrds: true }) },
    options,
  );
}
