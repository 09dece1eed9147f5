import { images } from "@bedplate/components/images";
import { addons, configSecrets } from "@bedplate/components/kubernetes";
import { policySettings } from "@bedplate/contract";
import { z } from "zod";
import {
  at,
  type ConfigKind,
  isSealed,
  issueProblems,
  namespace,
  readConfigValues,
  StackConfigError,
} from "./config-problems.ts";

const label = z
  .string("a label: lower-case letters, digits and dashes, 1 to 63 of them")
  .regex(
    /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/,
    "a label: lower-case letters, digits and dashes, 1 to 63 of them",
  );
const text = (pattern: RegExp, allowed: string) => z.string(allowed).regex(pattern, allowed);
const section = "a map of settings";

function mapKeys<Key extends string, Value>(keys: readonly Key[], value: (key: Key) => Value) {
  return Object.fromEntries(keys.map((key) => [key, value(key)])) as Record<Key, Value>;
}

const addonNames = Object.keys(addons) as (keyof typeof addons)[];
const imageNames = Object.keys(images) as (keyof typeof images)[];

/** The config of a platform in a cluster: keys `bedplate:<name>` of its Pulumi.<stack>.yaml. */
export const platformConfigSchema = z.strictObject({
  kind: z.literal("platform", "`platform`"),
  owner: label,
  environment: label,
  /** `production` spreads, replicates, backs up and protects; `small` fits a laptop's cluster. */
  size: z.enum(["small", "production"], "small or production").default("small"),
  /** Host names of the platform are below it. */
  domain: text(
    /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)+$/,
    "a domain such as ml.example.com",
  ),
  cluster: z
    .strictObject(
      {
        /** Path of a kubeconfig file; `KUBECONFIG` or `~/.kube/config` when left out. */
        kubeconfig: text(/^[^~\0\n]+$/, "the path of a kubeconfig file; no ~").optional(),
        context: text(/^\S+$/, "the name of a context").optional(),
        storageClass: label.optional(),
        /** Version of Kubernetes whose Pod Security rules hold. */
        podSecurityVersion: text(/^v1\.\d{2}$/, "a version of Kubernetes such as v1.37").default("v1.37"),
      },
      section,
    )
    .prefault({}),
  /** The platform's own image, which you have built and pushed. */
  runtimeImage: text(
    /^[a-z0-9][a-z0-9./:_-]*@sha256:[0-9a-f]{64}$/,
    "an image by its digest, such as registry.example.com/bedplate@sha256:…",
  ),
  /** Digests of images that the platform's own manifests run. */
  imageDigests: z
    .strictObject(
      mapKeys(imageNames, () =>
        text(/^sha256:[0-9a-f]{64}$/, "sha256: and 64 hexadecimal digits").optional(),
      ),
      section,
    )
    .prefault({}),
  /** A folder of charts, or an oci:// prefix, in place of the charts' own repositories. */
  chartMirror: text(/^(oci:\/\/\S+|\/\S+|\.\S*)$/, "an absolute folder, or an oci:// prefix").optional(),
  imageMirror: text(/^[a-z0-9][a-z0-9./:_-]*$/, "a registry and perhaps a path, without a scheme").optional(),
  /** Whether what holds data is protected, and left in the cluster when the stack goes; as `size: production` when left out. */
  protectData: z.boolean("true or false").optional(),
  /** Label `bedplate.dev/deployment` of every object; the stack's name when left out. Unique in a cluster. */
  deployment: label.optional(),
  addons: z.strictObject(
    mapKeys(addonNames, (name) => addons[name].options.optional()),
    "a map of add-ons, each with its options: {} for none",
  ),
  secrets: z
    .strictObject(
      mapKeys(configSecrets, () => z.string("a secret").min(1, "a secret that is not empty").optional()),
      section,
    )
    .prefault({}),
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

/** A closed secret, in a file that was read without its key, counts as one that is there. */
function openSealed(secrets: unknown): unknown {
  if (typeof secrets !== "object" || secrets === null) return secrets;
  return Object.fromEntries(
    Object.entries(secrets).map(([name, value]) => [name, isSealed(value) ? "(secret)" : value]),
  );
}

/**
 * Checks the config of a platform: values as the engine hands them over (text) or as a YAML reader gives them.
 * Throws a `StackConfigError` with every problem at once.
 */
export function parsePlatformConfig(values: Readonly<Record<string, unknown>>): PlatformConfig {
  const { given } = readConfigValues(values, kind);
  const opened =
    at(given, ["secrets"]) === undefined ? given : { ...given, secrets: openSealed(given.secrets) };
  const result = platformConfigSchema.safeParse(opened);
  if (result.success) return result.data;
  throw new StackConfigError(result.error.issues.flatMap((issue) => issueProblems(issue, opened, kind)));
}
