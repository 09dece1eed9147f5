import { grid, identitySettings, policySettings, sqlPool, teamPrograms } from "@bedplate/contract";
import { z } from "zod";

const label = z
  .string("a label: lower-case letters, digits and dashes, 1 to 63 of them")
  .regex(
    /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/,
    "a label: lower-case letters, digits and dashes, 1 to 63 of them",
  );

const whole = (min: number, max: number) => {
  const allowed = `a whole number from ${min} to ${max}`;
  return z.int(allowed).min(min, allowed).max(max, allowed);
};

const folder = z
  .string("a folder: absolute, or relative to the root of the repository")
  .min(1, "a folder: absolute, or relative to the root of the repository")
  .max(1024, "a folder of at most 1024 characters")
  .regex(/^[^~\0\n]/, "a folder: absolute, or relative to the root of the repository; no ~");

const flavor = <const Names extends readonly [string, ...string[]]>(names: Names) =>
  z
    .enum(names, `one of the flavors that can provide it: ${names.join(", ")}`)
    .default("process" as Names[number]);

const matching = (pattern: RegExp, allowed: string) => z.string(allowed).regex(pattern, allowed);

const section = "a map of settings";

const bucketPrefix = matching(
  /^[A-Za-z0-9_-][A-Za-z0-9._-]*(\/[A-Za-z0-9_-][A-Za-z0-9._-]*)*$/,
  "names separated by slashes",
).optional();
const address = (error: string) => z.url({ protocol: /^https?$/, error }).optional();
const bucketName = "the name of a bucket, 3 to 63 characters";

/** A bucket that is there already: behind anything that speaks S3, or of Google Cloud Storage with `kind: gcs`. */
const existingBucket = z.discriminatedUnion(
  "kind",
  [
    z.strictObject({
      kind: z.literal("s3").optional(),
      endpoint: address("an address such as https://s3.example.com; AWS's when left out"),
      region: matching(/^[a-z0-9-]{1,64}$/, "a region such as eu-central-1").optional(),
      bucket: matching(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, bucketName),
      prefix: bucketPrefix,
      pathStyle: z.boolean("true or false").optional(),
    }),
    z.strictObject({
      kind: z.literal("gcs"),
      endpoint: address("the address of an emulator; Google's when left out"),
      bucket: matching(/^[a-z0-9][a-z0-9._-]{1,61}[a-z0-9]$/, bucketName),
      prefix: bucketPrefix,
    }),
  ],
  { error: "a map of settings, its `kind` s3 or gcs" },
);

/** The config of a stack: keys `bedplate:<name>` of its Pulumi.<stack>.yaml. */
export const stackConfigSchema = z.strictObject({
  kind: z.enum(
    ["local"],
    "`local`, the platform on one machine; `platform`, in a cluster; or `team`, a team in one",
  ),
  owner: label,
  environment: label,
  port: whole(1, 65_535).default(4680),
  /** Port of the gRPC surface; 0 for none; the one after `port` when left out. */
  grpcPort: whole(0, 65_535).optional(),
  dataDir: folder.default(".bedplate/local"),
  flavors: z
    .strictObject(
      {
        objectStore: flavor(grid.objectStore),
        sql: flavor(grid.sql),
        keyValue: flavor(grid.keyValue),
        eventBus: flavor(grid.eventBus),
        training: flavor(grid.training),
        serving: flavor(grid.serving),
      },
      section,
    )
    .prefault({}),
  /** Secret; only with `flavors.sql: existing`. */
  sqlUrl: z
    .string("a secret postgres:// URL")
    .regex(/^postgres(ql)?:\/\/\S+$/, "a secret URL such as postgres://user:password@host:5432/database")
    .optional(),
  /** Connections to that database. */
  sql: sqlPool.prefault({}),
  /** The bucket; only with `flavors.objectStore: existing`. */
  objectStore: existingBucket.optional(),
  /** Secret; only with `flavors.objectStore: existing`. */
  objectStoreKeys: matching(
    /^\s*\{.*\}\s*$/s,
    'secret JSON such as {"accessKeyId": "…", "secretAccessKey": "…"}, or the key file of a Google service account',
  ).optional(),
  training: z
    .strictObject(
      {
        concurrency: whole(1, 1_000).default(2),
        /** Programs may only be started from inside this folder. */
        programRoot: folder.default("."),
        /** What members of teams may run: beginnings of commands. */
        teamPrograms,
      },
      section,
    )
    .prefault({}),
  /** Whose tokens are believed, beside the platform's own. */
  identity: identitySettings.prefault({}),
  /** How the rules of the policy pack are applied. */
  policies: policySettings.prefault({}),
  servedModels: z.strictObject({ limit: whole(1, 10_000).default(50) }, section).prefault({}),
  /** What every version needs before it may become champion; a model's own policy may ask for more. */
  promotion: z
    .strictObject(
      {
        approvals: whole(0, 10).default(0),
        fourEyes: z.boolean("true or false").default(true),
        signature: z.boolean("true or false").default(false),
        modelCard: z.boolean("true or false").default(false),
      },
      section,
    )
    .prefault({}),
});
