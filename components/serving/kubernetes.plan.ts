import {
  type Connections,
  identitySettings,
  routes,
  type SettingsInput,
  settings as schema,
  sqlPool,
  toEnvironment,
} from "@bedplate/contract";
import { z } from "zod";
import { routeTo, urlOf } from "../gateway/kubernetes.plan.ts";
import type { PlatformContext } from "../kubernetes/addon.plan.ts";
import { defineAddon, object, secret } from "../kubernetes/addon.plan.ts";
import { builtIn, type Manifest } from "../kubernetes/manifest.plan.ts";
import { type Allow, apiServer, egress, ingress } from "../kubernetes/namespace.plan.ts";
import { options, quantity, whole } from "../kubernetes/options.plan.ts";
import { deployment, selectorOf, service } from "../kubernetes/pod.plan.ts";
import { bucketOf, bucketSecret, toObjectStore } from "../object-store/buckets.plan.ts";
import { databaseSecret, toSql } from "../sql/databases.plan.ts";
import { jobsAccess, jobsConnection, jobsNamespace, jobsQueue } from "./jobs.plan.ts";

const name = "bedplate";
const namespace = "bedplate";
const port = 4680;
const grpcPort = 4681;
const owner = { name, namespace, port };
/** Endpoints are taken away while the signal is sent, not before; until they are, requests still come. */
const drainDelayMs = 10_000;
const keys = "runtime-keys";
const folders = {
  keys: "/run/secrets/runtime",
  database: "/run/secrets/database",
  bucket: "/run/secrets/bucket",
  data: "/var/lib/bedplate",
} as const;

/** What the service is told beside what the platform knows itself. */
interface Told {
  readonly identity: SettingsInput["identity"];
  readonly sql: z.infer<typeof sqlPool>;
}

interface Shape extends Told {
  readonly replicas: number;
  readonly maxReplicas: number;
  readonly cpu: string;
  readonly memory: string;
}

function connections(context: PlatformContext, pool: Told["sql"]): Connections {
  const { endpoint, region, bucket, prefix, pathStyle } = bucketOf(context, name);
  return {
    objectStore: {
      kind: "s3",
      region,
      bucket,
      prefix,
      pathStyle,
      ...(endpoint !== undefined && { endpoint }),
      credentialsFile: `${folders.bucket}/object-store-keys`,
    },
    sql: { kind: "postgres", urlFile: `${folders.database}/url`, ...pool },
    keyValue: { kind: "sql" },
    eventBus: { kind: "outbox" },
    training: jobsConnection(context, owner),
  };
}

/** Port and path of OTLP over HTTP, at whatever takes OTLP over gRPC here. */
const otlp = { port: 4318, path: "/v1/traces" } as const;

/** Where spans go: to the collector where there is one, else to what keeps them; nowhere where nothing keeps any. */
function tracesReceiver({ connections: { telemetry, traces } }: PlatformContext) {
  return traces === undefined ? undefined : (telemetry ?? traces);
}

function tracing(context: PlatformContext): SettingsInput["tracing"] {
  const receiver = tracesReceiver(context);
  if (receiver === undefined) return {};
  return { url: `http://${new URL(receiver.otlp).hostname}:${otlp.port}${otlp.path}` };
}

/** Issuers of tokens that do not answer at the port of TLS, which is open already. */
function toIssuers(identity: SettingsInput["identity"]): readonly Allow[] {
  const ports = (identity?.oidc?.issuers ?? []).map((issuer) => {
    const { protocol, port } = new URL(issuer);
    return port === "" ? (protocol === "http:" ? 80 : 443) : Number(port);
  });
  const others = [...new Set(ports)].filter((port) => port !== 443).sort((a, b) => a - b);
  return others.length === 0 ? [] : [{ name: "issuers", to: ["anywhere"], ports: others }];
}

function toTraces(context: PlatformContext): readonly Allow[] {
  const receiver = tracesReceiver(context);
  return receiver === undefined ? [] : [egress(receiver.namespace, otlp.port)];
}

/** The service's environment, by the contract that it reads it with. Throws a `ZodError` where it would refuse. */
function runtimeEnvironment(context: PlatformContext, { identity, sql }: Told): Record<string, string> {
  const { stack, owner, environment, release, domain, production } = context;
  const hosts = [`${name}.${domain}`, name, `${name}.${namespace}`, `${name}.${namespace}.svc`];
  const settings = schema.parse({
    stack,
    owner,
    environment,
    release,
    listen: { host: "0.0.0.0", port },
    grpc: { port: grpcPort },
    http: { drainDelayMs },
    adminTokenFile: `${folders.keys}/admin-token`,
    signing: { keyFile: `${folders.keys}/signing-key`, required: production },
    governance: { approvals: production ? 1 : 0 },
    webhooks: { sealKeyFile: `${folders.keys}/seal-key` },
    consolePath: "/app/console/dist",
    identity,
    tracing: tracing(context),
    connections: connections(context, sql),
  });
  // Prometheus and the kubelet call the pod by its address.
  return { ...toEnvironment(settings), BEDPLATE_ALLOWED_HOSTS: [...hosts, "$(POD_IP)"].join(",") };
}

function workload(context: PlatformContext, { cpu, memory, ...told }: Shape): Manifest {
  return deployment(
    // By this label the end of a platform finds what starts jobs, and ends it first.
    { name, namespace, labels: { "app.kubernetes.io/component": "runtime" } },
    {
      serviceAccountName: name,
      terminationGracePeriodSeconds: 60,
      containers: [
        {
          name: "runtime",
          image: context.runtimeImage,
          ports: { http: port, grpc: grpcPort },
          fieldEnv: { POD_IP: "status.podIP" },
          env: runtimeEnvironment(context, told),
          secretFiles: {
            [folders.keys]: keys,
            [folders.database]: databaseSecret(name),
            [folders.bucket]: bucketSecret(name),
          },
          writable: ["/tmp", folders.data],
          probe: { path: routes.ready.path, port: "http" },
          livenessPath: routes.live.path,
          size: { cpu, memory },
        },
      ],
    },
  );
}

function scaling({ replicas, maxReplicas }: Shape): readonly Manifest[] {
  return [
    builtIn(
      "autoscaling/v2",
      "HorizontalPodAutoscaler",
      { name, namespace },
      {
        spec: {
          scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name },
          minReplicas: replicas,
          maxReplicas,
          metrics: [
            {
              type: "Resource",
              resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 70 } },
            },
          ],
          behavior: { scaleDown: { stabilizationWindowSeconds: 300 } },
        },
      },
    ),
    builtIn(
      "policy/v1",
      "PodDisruptionBudget",
      { name, namespace },
      { spec: { maxUnavailable: 1, selector: { matchLabels: selectorOf(name) } } },
    ),
  ];
}

/** The runtime in the cluster: registry, training dispatch and predictions, as many replicas as the load asks for. */
export const runtime = defineAddon({
  type: "bedplate:serving:KubernetesRuntime",
  provides: ["runtime"],
  requires: ["sql", "objectStore"],
  after: ["gateway", "keyValue", "events", "queue", "trainingJobs", "rayJobs", "traces", "telemetry"],
  options: options({
    /** At least; 3 in production and 1 elsewhere when left out. */
    replicas: whole(1, 100).optional(),
    maxReplicas: whole(1, 500).optional(),
    cpu: z
      .string("processors such as 500m or 2")
      .regex(/^[1-9][0-9]{0,5}m?$/, "processors such as 500m or 2")
      .default("500m"),
    memory: quantity.default("2Gi"),
    /** Connections of each replica to the database. */
    sql: sqlPool.prefault({}),
    /** Whose tokens the service believes, and what their groups may do. */
    identity: identitySettings.prefault({}),
  }),
  requests: () => ({
    buckets: [{ name, namespaces: [namespace] }],
    databases: [{ name, namespaces: [namespace] }],
  }),
  check: ({ replicas, maxReplicas }, production) => {
    const least = replicas ?? (production ? 3 : 1);
    if (maxReplicas === undefined || maxReplicas >= least) return [];
    return [
      {
        path: "maxReplicas",
        value: String(maxReplicas),
        allowed: `at least the ${least} replicas that always run`,
        fix: `raise maxReplicas to ${least} or more, or lower replicas`,
      },
    ];
  },
  plan: ({ replicas, maxReplicas, ...rest }, context) => {
    const least = replicas ?? (context.production ? 3 : 1);
    const shape = { replicas: least, maxReplicas: maxReplicas ?? least * 4, ...rest };
    const inside = `http://${name}.${namespace}:${port}`;
    return {
      namespaces: [
        {
          name: namespace,
          allows: [
            apiServer,
            ingress("http", [port, grpcPort], "cluster"),
            { name: "webhooks", to: ["anywhere"], ports: [443] },
            ...toSql(context),
            ...toObjectStore(context),
            ...toTraces(context),
            ...toIssuers(rest.identity),
          ],
        },
        jobsNamespace(context, owner),
      ],
      stages: [
        [
          secret({
            name: keys,
            generate: { admin: 32, seal: 32, signing: "ec-p256" },
            data: true,
            copies: [
              {
                name: keys,
                namespace,
                data: { "admin-token": "{{admin}}", "seal-key": "{{seal}}", "signing-key": "{{signing}}" },
              },
            ],
          }),
          ...jobsAccess(owner),
          ...jobsQueue(context),
        ],
        [
          object(workload(context, shape)),
          object(service({ name, namespace }, { http: port, grpc: grpcPort })),
          ...scaling(shape).map(object),
        ],
        routeTo(context, { name, namespace }, name, port).map(object),
      ],
      monitors: [{ name, namespace, labels: selectorOf(name), port: "http", bearer: `${keys}/admin-token` }],
      connections: {
        runtime: {
          url: urlOf(context, name, inside),
          inside,
          namespace,
          adminTokenSecret: keys,
          image: context.runtimeImage,
        },
      },
    };
  },
});
