import type { ClusterConnections } from "@bedplate/contract";
import { catalog } from "../catalog.ts";
import { type CatalogImage, type ImageName, images } from "../images.ts";
import { monitorManifest } from "../monitoring/monitor.plan.ts";
import {
  type Addon,
  type AddonPlan,
  type ConfigSecret,
  object,
  type PlatformContext,
  type Requests,
  type Stage,
} from "./addon.plan.ts";
import { type Mirrors, mirroredImage } from "./chart-source.plan.ts";
import { dataNamespaces, markNamespaces, markSecrets } from "./data.plan.ts";
import type { NamespacePlan } from "./namespace.plan.ts";
import { type OrderProblem, orderUnits } from "./order.plan.ts";

/** One thing that keeps a platform from being planned. */
export interface PlanProblem {
  /** Key of the config, such as `addons.mlflow`. */
  readonly key: string;
  readonly value: string;
  readonly allowed: string;
  /** The likely correction. */
  readonly fix: string;
}

/** What a person decides about a platform, apart from its add-ons. */
export interface PlatformSettings
  extends Mirrors,
    Omit<PlatformContext, "requests" | "connections" | "image"> {
  /** Digests of catalog images, `sha256:…`. */
  readonly imageDigests: { readonly [Name in ImageName]?: string | undefined };
  /** Secrets of the config that are there. */
  readonly givenSecrets: ReadonlySet<ConfigSecret>;
}

/** An add-on that is selected and planned. */
export interface PlannedAddon {
  readonly name: string;
  readonly type: `bedplate:${string}:${string}`;
  readonly plan: AddonPlan;
  /** Add-ons that it waits for. */
  readonly waitsFor: readonly string[];
}

/** A whole platform, in the order in which it is made. */
export interface PlatformPlan {
  readonly namespaces: readonly NamespacePlan[];
  readonly addons: readonly PlannedAddon[];
  /** Monitors of all add-ons; none where nobody reads them. */
  readonly monitors: Stage;
  /** What was chosen that nobody should begin with, a sentence each. */
  readonly warnings: readonly string[];
  /** The add-ons that read monitors. */
  readonly monitoring: readonly string[];
  readonly connections: ClusterConnections;
}

export type PlatformPlanning =
  | { readonly problems: readonly PlanProblem[]; readonly plan?: undefined }
  | { readonly plan: PlatformPlan; readonly problems?: undefined };

type Table = Readonly<Record<string, Addon>>;
/** Checked options of the selected add-ons, by name. */
type Selection = Readonly<Record<string, unknown>>;

/** Names of the add-ons that provide a capability. */
export function providersOf(table: Table, capability: string): string[] {
  return Object.entries(table)
    .filter(
      ([, { provides, deprecated }]) =>
        deprecated === undefined && provides.some((name) => name === capability),
    )
    .map(([name]) => name);
}

function problemOf(problem: OrderProblem, table: Table): PlanProblem {
  if (problem.kind === "missing") {
    const providers = providersOf(table, problem.capability).join(" or ");
    return {
      key: `addons.${problem.unit}`,
      value: "selected",
      allowed: `only together with an add-on that provides ${problem.capability}: ${providers}`,
      fix: `add \`addons.${providersOf(table, problem.capability)[0] ?? "…"}: {}\`, or remove addons.${problem.unit}`,
    };
  }
  const names = problem.units.join(", ");
  if (problem.kind === "two-providers")
    return {
      key: "addons",
      value: names,
      allowed: `one provider of ${problem.capability}`,
      fix: `keep one of ${names} and remove the others`,
    };
  return {
    key: "addons",
    value: problem.units.join(" -> "),
    allowed: "add-ons that do not wait for each other in a circle",
    fix: `remove one of ${names}`,
  };
}

/** Databases of their own can be made only where an operator makes them. */
function databaseProblems(
  table: Table,
  selection: Selection,
  requests: ReadonlyMap<string, Requests>,
): PlanProblem[] {
  const fixed = Object.keys(selection).find(
    (name) => table[name]?.flavor === "existing" && table[name]?.provides.includes("sql"),
  );
  if (fixed === undefined) return [];
  return [...requests]
    .filter(([name, { databases }]) => name !== "runtime" && databases.length > 0)
    .map(([name]) => ({
      key: `addons.${name}`,
      value: "selected",
      allowed: `only with an SQL capability in which databases can be made, which ${fixed} is not`,
      fix: `use cloudnative-pg in place of ${fixed}, or remove addons.${name}`,
    }));
}

function secretProblems(table: Table, selection: Selection, given: ReadonlySet<ConfigSecret>): PlanProblem[] {
  return Object.entries(selection).flatMap(([name, options]) =>
    (table[name]?.needsSecrets(options) ?? [])
      .filter((key) => !given.has(key))
      .map((key) => ({
        key: `secrets.${key}`,
        value: "(not set)",
        allowed: `a secret, because addons.${name} needs it`,
        fix: `set it with \`pulumi config set --secret --path bedplate:secrets.${key} <value>\``,
      })),
  );
}

function sizeProblems(table: Table, selection: Selection, production: boolean): PlanProblem[] {
  return Object.entries(selection).flatMap(([name, options]) =>
    (table[name]?.check(options, production) ?? []).map(({ path, ...problem }) => ({
      key: `addons.${name}.${path}`,
      ...problem,
    })),
  );
}

/** One namespace of each name, with what every add-on allows in it. */
export function mergeNamespaces(plans: readonly NamespacePlan[]): NamespacePlan[] {
  const merged = new Map<string, NamespacePlan>();
  for (const plan of plans) {
    const before = merged.get(plan.name);
    const allows = [...(before?.allows ?? []), ...plan.allows];
    const byName = new Map(allows.map((allow) => [allow.name, allow]));
    const holdsData = before?.holdsData === true || plan.holdsData === true;
    merged.set(plan.name, {
      ...before,
      ...plan,
      ...(holdsData && { holdsData }),
      allows: [...byName.values()],
    });
  }
  return [...merged.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

function requestsOf(table: Table, selection: Selection, production: boolean): Map<string, Requests> {
  return new Map(
    Object.entries(selection).flatMap(([name, options]) => {
      const addon = table[name];
      return addon === undefined ? [] : [[name, addon.requests(options, production)] as const];
    }),
  );
}

/** Names images, from the mirror and by digest where it is known, and keeps account of what is used. */
function imageNamer(settings: PlatformSettings, used: Set<ImageName>) {
  return (name: ImageName) => {
    const { repository, tag } = images[name];
    const digest = settings.imageDigests[name];
    used.add(name);
    return `${mirroredImage(repository, settings)}:${tag}${digest === undefined ? "" : `@${digest}`}`;
  };
}

function digestProblems(
  used: ReadonlySet<ImageName>,
  { production, imageDigests }: PlatformSettings,
): PlanProblem[] {
  if (!production) return [];
  const unpinned = [...used].filter((name) => imageDigests[name] === undefined).sort();
  return unpinned.map((name) => ({
    key: `imageDigests.${name}`,
    value: "(not set)",
    allowed: "the image's digest, sha256: and 64 hexadecimal digits, in production",
    fix: `its registry tells it, for example \`crane digest ${images[name].repository}:${images[name].tag}\``,
  }));
}

/** Charts that nobody publishes can come only from a mirror. */
function chartProblems({ name, plan }: PlannedAddon, { chartMirror }: PlatformSettings): PlanProblem[] {
  if (chartMirror !== undefined) return [];
  return plan.stages.flat().flatMap((item) =>
    item.type === "release" && catalog[item.chart].repo === "none"
      ? [
          {
            key: `addons.${name}`,
            value: "selected",
            allowed: `only with bedplate:chartMirror, because nobody publishes the chart ${item.chart}`,
            fix: `make the chart as docs/catalog.md says and set bedplate:chartMirror, or remove addons.${name}`,
          },
        ]
      : [],
  );
}

function warningsOf(table: Table, order: readonly string[], used: ReadonlySet<ImageName>): string[] {
  const addonWarnings = order.map((name) => [name, table[name]?.deprecated] as const);
  const imageWarnings = [...used].sort().map((name): [string, string | undefined] => {
    const entry: CatalogImage = images[name];
    return [name, entry.deprecated];
  });
  return [...addonWarnings, ...imageWarnings].flatMap(([name, why]) =>
    why === undefined ? [] : [`${name}: ${why}`],
  );
}

/** The add-ons and their namespaces, those that hold data marked, and what that needs. */
function withData(addons: readonly PlannedAddon[]): Pick<PlatformPlan, "addons" | "namespaces"> {
  const namespaces = mergeNamespaces(addons.flatMap(({ plan }) => plan.namespaces));
  const stages = addons.flatMap(({ plan }) => plan.stages);
  const holding = dataNamespaces(stages, namespaces);
  return {
    namespaces: markNamespaces(namespaces, holding),
    addons: addons.map((addon) => ({
      ...addon,
      plan: { ...addon.plan, stages: markSecrets(addon.plan.stages, holding) },
    })),
  };
}

/**
 * Plans a platform: orders the selected add-ons by what they provide and require, and plans each with the connections of
 * those before it. `selection` holds options that the add-ons' schemas have accepted. Reports everything that is wrong
 * at once.
 */
export function planPlatform(
  table: Table,
  selection: Selection,
  settings: PlatformSettings,
): PlatformPlanning {
  const { production } = settings;
  const units = Object.keys(selection).flatMap((name) => {
    const addon = table[name];
    return addon === undefined ? [] : [{ name, ...addon }];
  });
  const requests = requestsOf(table, selection, production);
  const { order, dependencies, problems: found } = orderUnits(units);
  const problems = [
    ...found.map((problem) => problemOf(problem, table)),
    ...databaseProblems(table, selection, requests),
    ...secretProblems(table, selection, settings.givenSecrets),
    ...sizeProblems(table, selection, production),
  ];
  // With a provider missing there is nothing that those who need it could be planned with.
  if (found.length > 0) return { problems };

  const used = new Set<ImageName>();
  const image = imageNamer(settings, used);
  const asked = {
    buckets: [...requests.values()].flatMap(({ buckets }) => buckets),
    databases: [...requests.values()].flatMap(({ databases }) => databases),
  };
  let connections: ClusterConnections = {};
  const addons: PlannedAddon[] = [];
  for (const name of order) {
    const addon = table[name];
    if (addon === undefined) continue;
    const plan = addon.plan(selection[name], { ...settings, requests: asked, connections, image });
    connections = { ...connections, ...plan.connections };
    addons.push({
      name,
      type: addon.type,
      plan,
      waitsFor: dependencies.get(name) ?? [],
    });
  }
  const all = [
    ...problems,
    ...digestProblems(used, settings),
    ...addons.flatMap((addon) => chartProblems(addon, settings)),
  ];
  if (all.length > 0) return { problems: all };
  const monitoring = order.filter((name) => table[name]?.provides.includes("monitoring"));
  const monitors = monitoring.length === 0 ? [] : addons.flatMap(({ plan }) => plan.monitors ?? []);
  const manifests = monitors.map((monitor) => object(monitorManifest(monitor)));
  const warnings = warningsOf(table, order, used);
  return { plan: { ...withData(addons), monitors: manifests, warnings, monitoring, connections } };
}
