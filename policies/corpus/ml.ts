import { resource } from "../lib/rule-cases.ts";
import type { ResourceCase, ResourceCases } from "./resource-case.ts";
import { missing, typedCases } from "./typed-case.ts";

const sha = `sha256:${"0".repeat(64)}`;
const predictor = (storageUri: unknown, at: "predictor" | "transformer" | "model" = "predictor") =>
  at === "model"
    ? { spec: { predictor: { model: { modelFormat: { name: "onnx" }, storageUri } } } }
    : { spec: { [at]: { storageUri } } };
const service = (version: string) => `kubernetes:serving.kserve.io/${version}:InferenceService`;
const versions = ["v1beta1", "v1"];

const deep = (depth: number): object =>
  depth === 0 ? { storageUri: "hf://acme/bert" } : { inner: deep(depth - 1) };

const nested = (depth: number): object =>
  depth === 0 ? { storageUri: "hf://acme/bert" } : [nested(depth - 1)];

const modelSource: ResourceCases = {
  bad: [
    "https://huggingface.co/a/b",
    "http://models/x",
    "hf://acme/bert",
    "git://x/y",
    "oci://ghcr.io/acme/m:1",
    `oci://ghcr.io/acme/m@${sha.slice(0, -1)}`,
    "HF://acme/bert",
  ]
    .flatMap((uri) =>
      versions.flatMap((version) =>
        (["predictor", "transformer", "model"] as const).map(
          (at): ResourceCase => [
            `a service whose ${at} loads ${uri}`,
            resource(predictor(uri, at), { type: service(version) }),
          ],
        ),
      ),
    )
    .concat([
      [
        "the second worker of a service",
        resource(
          { spec: { workers: [{ storageUri: "" }, { storageUri: "hf://acme/bert" }] } },
          { type: service("v1") },
        ),
      ],
      ["a model as deep as operators put one", resource({ spec: deep(16) }, { type: service("v1") })],
      [
        "an image by what only begins like a digest",
        resource(predictor(`oci://ghcr.io/acme/m@${sha}0`), { type: service("v1") }),
      ],
    ]),
  good: [
    "s3://models/penguins/1",
    "gs://models/penguins/1",
    "pvc://models/penguins",
    "s3://models/file:penguins",
    "s3://models/oci://penguins",
    `oci://ghcr.io/acme/m@${sha}`,
    undefined,
    1,
  ]
    .flatMap((uri) =>
      versions.map(
        (version): ResourceCase => [
          `a service that loads ${uri}`,
          resource(predictor(uri, "model"), { type: service(version) }),
        ],
      ),
    )
    .concat([
      ["no address yet", resource(predictor("", "model"), { type: service("v1") })],
      ["what lies too deep for any operator", resource({ spec: deep(17) }, { type: service("v1") })],
      ["lists too deep for any operator", resource({ spec: nested(17) }, { type: service("v1") })],
      [
        "what is no service",
        resource(predictor("hf://acme/bert"), { type: "kubernetes:apps/v1:Deployment" }),
      ],
    ]),
};

const production = {
  BEDPLATE_STACK: "prod",
  BEDPLATE_ENVIRONMENT: "production",
  BEDPLATE_SIGNING_REQUIRED: "true",
  BEDPLATE_GOVERNANCE_APPROVALS: "1",
};
type Variables = Readonly<Record<string, unknown>>;

const containers = (variables: Variables) => [
  { name: "runtime", env: Object.entries(variables).map(([name, value]) => ({ name, value })) },
];
/** Where a service's settings may stand. */
const places: Readonly<Record<string, (variables: Variables) => ReturnType<typeof resource>>> = {
  Deployment: (variables) =>
    resource({ spec: { template: { spec: { containers: containers(variables) } } } }),
  StatefulSet: (variables) =>
    resource(
      { spec: { template: { spec: { containers: containers(variables) } } } },
      { type: "kubernetes:apps/v1:StatefulSet" },
    ),
  Pod: (variables) =>
    resource({ spec: { containers: containers(variables) } }, { type: "kubernetes:core/v1:Pod" }),
  ConfigMap: (variables) => resource({ data: variables }, { type: "kubernetes:core/v1:ConfigMap" }),
  LocalProcess: (variables) =>
    resource({ environment: variables }, { type: "pulumi-nodejs:dynamic/bedplate:LocalProcess" }),
};

const settings = (what: string, variables: Variables): ResourceCase[] =>
  Object.entries(places).map(([kind, make]) => [`a ${kind} ${what}`, make(variables)] as const);
const without = (name: string) =>
  Object.fromEntries(Object.entries(production).filter(([key]) => key !== name));

const elsewhere = [
  ...settings("of a good production service", production),
  ...settings("of a service for development", { BEDPLATE_ENVIRONMENT: "development" }),
  ...settings("of something else", { ENVIRONMENT: "production" }),
];

const signedModels: ResourceCases = {
  bad: [
    ...settings("that does not say", without("BEDPLATE_SIGNING_REQUIRED")),
    ...["false", "no", ""].flatMap((value) =>
      settings(`that says ${JSON.stringify(value)}`, { ...production, BEDPLATE_SIGNING_REQUIRED: value }),
    ),
  ],
  good: elsewhere,
};

const fourEyes: ResourceCases = {
  bad: [
    ...settings("that asks for none", without("BEDPLATE_GOVERNANCE_APPROVALS")),
    ...["0", "", "none"].flatMap((value) =>
      settings(`that asks for ${JSON.stringify(value)}`, {
        ...production,
        BEDPLATE_GOVERNANCE_APPROVALS: value,
      }),
    ),
    ...settings("that counts the maker's own", { ...production, BEDPLATE_GOVERNANCE_FOUR_EYES: "false" }),
  ],
  good: [
    ...elsewhere,
    ...settings("that says so", {
      ...production,
      BEDPLATE_GOVERNANCE_FOUR_EYES: "true",
      BEDPLATE_GOVERNANCE_APPROVALS: 2,
    }),
  ],
};

const labelled = (environment: unknown, logger: unknown) => ({
  metadata: { name: "m", labels: { "bedplate.dev/environment": environment } },
  spec: { predictor: { model: {}, logger } },
});
const logger = { mode: "all", url: "http://drift.ml.svc" };

const driftMonitor = typedCases({
  "kubernetes:apps/v1:Deployment": { good: labelled("production", undefined), bad: {} },
  ...Object.fromEntries(
    versions.map((version) => [
      service(version),
      {
        good: [
          labelled("production", logger),
          labelled("prod-eu", { url: "http://drift" }),
          labelled("development", undefined),
          labelled("nonprod", undefined),
          { spec: {} },
        ],
        bad: {
          "spec.predictor.logger": [
            missing,
            null,
            {},
            { mode: "all" },
            { url: "" },
            { ...logger, mode: "response" },
          ],
          "spec.predictor.logger.url": [missing, null, ""],
          "spec.predictor.logger.mode": ["response"],
          "spec.predictor": [missing],
        },
      },
    ]),
  ),
});

const pii = { "data-class": "pii" };
const key = "arn:aws:kms:eu-central-1:1:key/1";
const aws = (good: object, ...paths: readonly string[]) => ({
  good: [{ ...good, tags: pii }, { tags: { "data-class": "public" } }, {}],
  bad: {
    ...Object.fromEntries(paths.map((path) => [path, [missing, null, ""]])),
    "": [{ tags: { "bedplate.dev/data-class": "pii" } }],
  },
});
const gcp = (path: string) => ({
  good: [
    {
      labels: pii,
      ...(path
        .split(".")
        .reduceRight<object | string>((inner, part) => ({ [part]: inner }), "projects/p/keys/k") as object),
    },
    { labels: {} },
  ],
  bad: { [path]: [missing, null, ""] },
});

const personalData = typedCases({
  "aws:dynamodb/table:Table": aws(
    { serverSideEncryption: { enabled: true, kmsKeyArn: key } },
    "serverSideEncryption.enabled",
    "serverSideEncryption.kmsKeyArn",
  ),
  "aws:rds/instance:Instance": aws({ kmsKeyId: key }, "kmsKeyId"),
  "aws:rds/clusterInstance:ClusterInstance": { good: { tags: pii }, bad: {} },
  "aws:rds/cluster:Cluster": aws({ kmsKeyId: key }, "kmsKeyId"),
  "aws:elasticache/replicationGroup:ReplicationGroup": aws({ kmsKeyId: key }, "kmsKeyId"),
  "aws:redshift/cluster:Cluster": aws({ kmsKeyId: key }, "kmsKeyId"),
  "gcp:storage/bucket:Bucket": gcp("encryption.defaultKmsKeyName"),
  "gcp:bigquery/dataset:Dataset": gcp("defaultEncryptionConfiguration.kmsKeyName"),
  "gcp:sql/databaseInstance:DatabaseInstance": gcp("encryptionKeyName"),
  "kubernetes:feast.dev/v1:FeatureStore": {
    good: [
      { metadata: { labels: { pii: "true" } }, spec: { services: { onlineStore: { server: { tls: {} } } } } },
      {
        metadata: { labels: {} },
        spec: { services: { onlineStore: { server: { tls: { disable: true } } } } },
      },
    ],
    bad: { "spec.services.onlineStore.server.tls.disable": [true] },
  },
});

/** Cases for the rules about models that look at single resources, by the rule's id. */
export const mlCases = {
  "ml-model-source": modelSource,
  "ml-signed-models": signedModels,
  "ml-four-eyes": fourEyes,
  "ml-drift-monitor": driftMonitor,
  "ml-personal-data": personalData,
};
