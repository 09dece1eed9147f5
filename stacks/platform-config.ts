import { images } from "@bedplate/components/images";
import { addons } from "@bedplate/components/plans";
import { policySettings } from "@bedplate/contract";
import { z } from "zod";
import {
  accessSchema,
  configLabel,
  mapKeys,
  matching,
  parseConfig,
  secretsSchema,
  section,
} from "./cluster-config.ts";
import { type ConfigKind, namespace } from "./config-problems.ts";

const addonNames = Object.keys(addons) as (keyof typeof addons)[];
const imageNames = Object.keys(images) as (keyof typeof images)[];

/** The config of a platform in a cluster: keys `bedplate:<name>` of its Pulumi.<stack>.yaml. */
export const platformConfigSchema = z.strictObject({
  kind: z.literal("platform", "`platform`"),
  owner: configLabel,
  environment: configLabel,
  /** `production` spreads, replicates, backs up and protects; `small` fits a laptop's cluster. */
  size: z.enum(["small", "production"], "small or production").default("small"),
  /** Host names of the platform are below it. */
  domain: matching(
    /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)+$/,
    "a domain such as ml.example.com",
  ),
  cluster: accessSchema
    .extend({
      storageClass: configLabel.optional(),
      /** Version of Kubernetes whose Pod Security rules hold. */
      podSecurityVersion: matching(/^v1\.\d{2}$/, "a version of Kubernetes such as v1.37").default("v1.37"),
    })
    .prefault({}),
  /** The platform's own image, which you have built and pushed. */
  runtimeImage: matching(
    /^[a-z0-9][a-z0-9./:_-]*@sha256:[0-9a-f]{64}$/,
    "an image by its digest, such as registry.example.com/bedplate@sha256:…",
  ),
  /** Digests of images that the platform's own manifests run. */
  imageDigests: z
    .strictObject(
      mapKeys(imageNames, () =>
        matching(/^sha256:[0-9a-f]{64}$/, "sha256: and 64 hexadecimal digits").optional(),
      ),
      section,
    )
    .prefault({}),
  /** A folder of charts, or an oci:// prefix, in place of the charts' own repositories. */
  chartMirror: matching(/^(oci:\/\/\S+|\/\S+|\.\S*)$/, "an absolute folder, or an oci:// prefix").optional(),
  imageMirror: matching(
    /^[a-z0-9][a-z0-9./:_-]*$/,
    "a registry and perhaps a path, without a scheme",
  ).optional(),
  /** Whether what holds data is protected, and left in the cluster when the stack goes; as `size: production` when left out. */
  protectData: z.boolean("true or false").optional(),
  /** Label `bedplate.dev/deployment` of every object; the stack's name when left out. Unique in a cluster. */
  deployment: configLabel.optional(),
  addons: z.strictObject(
    mapKeys(addonNames, (name) => addons[name].options.optional()),
    "a map of add-ons, each with its options: {} for none",
  ),
  secrets: secretsSchema,
  /** How the rules of the policy pack are applied. */
  policies: policySettings.prefault({}),
});

/** The checked config of a platform in a cluster. */
export type PlatformConfig = z.infer<typeof platformConfigSchema>;

const examples: Readonly<Record<string, string>> = {
  owner: "ml-platform",
  environment: "production",
  size: "small",
  domain: "ml.example.com",
  runtimeImage: "registry.example.com/bedplate@sha256:…",
  "cluster.podSecurityVersion": "v1.37",
};

function fixOf(path: string): string {
  if (path.startsWith("secrets."))
    return `set it with \`pulumi config set --secret --path ${namespace}${path} <value>\``;
  const example = examples[path];
  if (example === undefined) return "correct it in the stack's Pulumi.<stack>.yaml";
  return `for example \`pulumi config set ${path.includes(".") ? "--path " : ""}${namespace}${path} ${example}\``;
}

const kind: ConfigKind<typeof platformConfigSchema> = {
  schema: platformConfigSchema,
  textKeys: new Set(["kind", "owner", "environment", "size", "domain", "deployment"]),
  secretKeys: new Set(["secrets"]),
  fixOf,
};

/** Checks the config of a platform. Throws a `StackConfigError` with every problem at once. */
export function parsePlatformConfig(values: Readonly<Record<string, unknown>>): PlatformConfig {
  return parseConfig(values, kind);
}
