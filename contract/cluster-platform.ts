import { z } from "zod";

const name = z.string().min(1).max(253);
const port = z.int().min(1).max(65_535);
const address = z.url({ protocol: /^(https?|grpc)$/ }).max(2048);

/**
 * What the capabilities of a platform in a cluster offer to each other, to teams and to the runtime: names and
 * addresses, never a secret. A capability that is absent is not provided.
 */
export const clusterConnections = z.strictObject({
  /** `issuer` is a ClusterIssuer of cert-manager. */
  certificates: z.strictObject({ issuer: name }),
  gateway: z.strictObject({ name, namespace: name, className: name, domain: name }),
  objectStore: z.strictObject({
    product: z.enum(["seaweedfs", "minio", "existing"]),
    endpoint: address.optional(),
    region: name,
    /** Namespace of its pods; absent where it is outside the cluster. */
    namespace: name.optional(),
    pathStyle: z.boolean(),
    /** The one bucket of an existing store, in which every user has a folder; absent where each has a bucket. */
    bucket: name.optional(),
    /** Image with the shell by which identities and buckets are made; absent where they are made elsewhere. */
    adminImage: z.string().min(1).max(2048).optional(),
  }),
  /** `cluster` is a Cluster of CloudNativePG, in which databases and roles can be made; absent elsewhere. */
  sql: z.strictObject({ host: name, port, namespace: name.optional(), cluster: name.optional() }),
  keyValue: z.strictObject({ host: name, port, namespace: name }),
  events: z.strictObject({ bootstrap: name, namespace: name, cluster: name }),
  messageQueue: z.strictObject({ host: name, port, namespace: name, cluster: name }),
  changeCapture: z.strictObject({ namespace: name }),
  monitoring: z.strictObject({ namespace: name, prometheus: address }),
  logs: z.strictObject({ url: address, namespace: name }),
  traces: z.strictObject({ otlp: address, query: address, namespace: name }),
  telemetry: z.strictObject({ otlp: address, namespace: name }),
  gpu: z.strictObject({ stack: z.enum(["managed", "device-plugin", "operator"]), sharing: z.int().min(1) }),
  queue: z.strictObject({ cohort: name, flavors: z.array(name) }),
  autoscaling: z.strictObject({ namespace: name }),
  trainingJobs: z.strictObject({ namespace: name, runtimes: z.array(name) }),
  rayJobs: z.strictObject({ namespace: name, image: z.string().min(1).max(2048) }),
  modelServers: z.strictObject({ mode: z.enum(["Standard", "Knative"]), runtimes: z.array(name) }),
  scaleToZero: z.strictObject({ namespace: name }),
  runtime: z.strictObject({
    url: address,
    /** Its address inside the cluster. */
    inside: address,
    namespace: name,
    adminTokenSecret: name,
    image: z.string().min(1).max(2048),
  }),
  orchestration: z.strictObject({ url: address, namespace: name }),
  featureStore: z.strictObject({ namespace: name }),
  tracking: z.strictObject({ url: address, namespace: name }),
  notebooks: z.strictObject({ url: address, namespace: name }),
  tensorboard: z.strictObject({ url: address, namespace: name }),
  sweeps: z.strictObject({ url: address, namespace: name }),
  lake: z.strictObject({ url: address, namespace: name }),
  dataVersions: z.strictObject({ url: address, namespace: name }),
  secrets: z.strictObject({ store: name }),
  identity: z.strictObject({ issuer: address }),
  signIn: z.strictObject({ url: address, namespace: name }),
  mesh: z.strictObject({ namespace: name }),
  admission: z.strictObject({ engine: z.enum(["kubernetes", "kyverno"]) }),
  backup: z.strictObject({ namespace: name }),
  cost: z.strictObject({ url: address, namespace: name }),
  observability: z.strictObject({ product: z.enum(["datadog", "new-relic"]), namespace: name }),
});

const partial = clusterConnections.partial();
/** The connections of the capabilities that a platform has. */
export type ClusterConnections = z.infer<typeof partial>;
/** What a platform in a cluster can have. */
export type ClusterCapability = keyof ClusterConnections;

/** Checked lists of capabilities, for messages. */
export const clusterCapabilities = Object.keys(clusterConnections.shape) as readonly ClusterCapability[];

/**
 * The stack outputs of a platform in a cluster, which team stacks read. `version` rises with any change that an older
 * reader would not understand; those of a platform on one machine are version 1.
 */
export const clusterPlatformOutputs = z.strictObject({
  version: z.literal(2),
  stack: z.string().min(1),
  release: z.string().regex(/^\d+\.\d+\.\d+/),
  owner: z.string().min(1),
  environment: z.string().min(1),
  /** Label `bedplate.dev/deployment` of every object of the platform. */
  deployment: z.string().min(1),
  /** Whether the platform has its production size. */
  production: z.boolean(),
  podSecurityVersion: z.string().regex(/^v1\.\d+$/),
  connections: partial,
});
export type ClusterPlatformOutputs = z.infer<typeof clusterPlatformOutputs>;
