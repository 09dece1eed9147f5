import { isAbsolute, resolve } from "node:path";
import { labelsOf } from "@bedplate/components";
import {
  addons,
  ClusterPlatform,
  type ConfigSecret,
  type PlatformPlan,
  type PlatformSettings,
  planPlatform,
} from "@bedplate/components/kubernetes";
import { type ClusterPlatformOutputs, clusterPlatformOutputs } from "@bedplate/contract";
import type * as pulumi from "@pulumi/pulumi";
import release from "../package.json" with { type: "json" };
import { namespace, StackConfigError } from "./config-problems.ts";
import { type PlatformConfig, parsePlatformConfig } from "./platform-config.ts";
import { secretInputs } from "./secret-inputs.ts";

const root = resolve(import.meta.dirname, "..");

/** A mirror that is a folder, from the root of the repository where it is relative. */
const mirrorFolder = (mirror: string | undefined) =>
  mirror === undefined || mirror.startsWith("oci://") || isAbsolute(mirror) ? mirror : resolve(root, mirror);

/** Names of what is given; the secrets themselves go to the components alone. */
function givenNames(secrets: PlatformConfig["secrets"]): Set<ConfigSecret> {
  const names = Object.keys(secrets) as ConfigSecret[];
  return new Set(names.filter((name) => secrets[name] !== undefined));
}

function settingsOf(config: PlatformConfig, stack: string): PlatformSettings {
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

/** The platform in a cluster that is there already. Throws a `StackConfigError` with every problem at once. */
export function clusterPlatform(values: Readonly<Record<string, unknown>>, stack: string): pulumi.Inputs {
  const config = parsePlatformConfig(values);
  const settings = settingsOf(config, stack);
  const plan = planStack(config, stack);
  const { owner, environment, production, deployment, podSecurityVersion, chartMirror, imageMirror } =
    settings;
  new ClusterPlatform("platform", {
    plan,
    access: config.cluster,
    podSecurityVersion,
    chartMirror,
    imageMirror,
    secrets: secretInputs(config.secrets),
    protectData: config.protectData ?? production,
    labels: labelsOf({ owner, environment, stack, deployment }),
  });
  return clusterPlatformOutputs.parse({
    version: 2,
    stack,
    release: release.version,
    owner,
    environment,
    deployment,
    production,
    podSecurityVersion,
    connections: plan.connections,
  } satisfies ClusterPlatformOutputs);
}
