import { isAbsolute, resolve } from "node:path";
import {
  addons,
  type ConfigSecret,
  type PlatformPlan,
  type PlatformSettings,
  planPlatform,
} from "@bedplate/components/plans";
import release from "../package.json" with { type: "json" };
import { namespace, StackConfigError } from "./config-problems.ts";
import type { PlatformConfig } from "./platform-config.ts";

const root = resolve(import.meta.dirname, "..");

/** A mirror that is a folder, from the root of the repository where it is relative. */
const mirrorFolder = (mirror: string | undefined) =>
  mirror === undefined || mirror.startsWith("oci://") || isAbsolute(mirror) ? mirror : resolve(root, mirror);

/** Names of what is given; the secrets themselves go to the components alone. */
function givenNames(secrets: PlatformConfig["secrets"]): Set<ConfigSecret> {
  const names = Object.keys(secrets) as ConfigSecret[];
  return new Set(names.filter((name) => secrets[name] !== undefined));
}

/** What the planner is told of a platform's config. */
export function settingsOf(config: PlatformConfig, stack: string): PlatformSettings {
  const { owner, environment, domain, runtimeImage, cluster, imageDigests, imageMirror } = config;
  return {
    stack,
    owner,
    environment,
    domain,
    runtimeImage,
    imageDigests,
    imageMirror,
    chartMirror: mirrorFolder(config.chartMirror),
    release: release.version,
    deployment: config.deployment ?? stack,
    production: config.size === "production",
    podSecurityVersion: cluster.podSecurityVersion,
    storageClass: cluster.storageClass,
    givenSecrets: givenNames(config.secrets),
  };
}

/** What a platform's config comes to. Throws a `StackConfigError` with every problem at once. */
export function planStack(config: PlatformConfig, stack: string): PlatformPlan {
  const selected = Object.entries(config.addons).filter(([, options]) => options !== undefined);
  const { plan, problems } = planPlatform(addons, Object.fromEntries(selected), settingsOf(config, stack));
  if (plan !== undefined) return plan;
  throw new StackConfigError(problems.map((problem) => ({ ...problem, key: namespace + problem.key })));
}
