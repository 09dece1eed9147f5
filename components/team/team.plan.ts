import type { ClusterConnections } from "@bedplate/contract";
import { type ConfigSecret, object, type Stage } from "../kubernetes/addon.plan.ts";
import { dataNamespaces, markSecrets } from "../kubernetes/data.plan.ts";
import { builtIn, custom } from "../kubernetes/manifest.plan.ts";
import {
  type Allow,
  egress,
  ingress,
  internet,
  type NamespacePlan,
  queuedLabel,
  teamLabel,
} from "../kubernetes/namespace.plan.ts";
import { mebibytes } from "../kubernetes/options.plan.ts";
import { accessManifests } from "./access.plan.ts";
import { dashboardManifest } from "./dashboard.plan.ts";
import { queueManifests, quotaManifests } from "./quota.plan.ts";
import { registryManifests } from "./registry.plan.ts";
import { storeStages, type TeamContext } from "./stores.plan.ts";
import type { TeamConfig } from "./team-schema.plan.ts";

/** What a team comes to: its namespace, then chains of stages that do not wait for each other. */
export interface TeamPlan {
  readonly namespace: NamespacePlan;
  readonly chains: Readonly<Record<string, readonly Stage[]>>;
}

/** One thing that keeps a team from being planned. */
export interface TeamProblem {
  readonly key: string;
  readonly value: string;
  readonly allowed: string;
  readonly fix: string;
}

export const teamNamespace = (name: string) => `team-${name}`;

/** What every team may reach: the platform's own services, where they are. */
function allowsOf({ internet: open }: TeamConfig, connections: ClusterConnections): readonly Allow[] {
  const { gateway, runtime, objectStore, sql, keyValue, events, telemetry, monitoring } = connections;
  const to = (namespace: string | undefined, ...ports: number[]) =>
    namespace === undefined ? [] : [egress(namespace, ...ports)];
  return [
    ...to(runtime?.namespace, 4680),
    ...to(objectStore?.namespace, 8333, 9000),
    ...to(sql?.namespace, 5432),
    ...to(keyValue?.namespace, 6379),
    ...to(events?.namespace, 9093),
    ...to(telemetry?.namespace, 4317, 4318),
    ...(gateway === undefined
      ? []
      : [ingress("gateway", [8080, 8000, 9000], { namespace: gateway.className })]),
    ...(monitoring === undefined
      ? []
      : [ingress("figures", [8080, 9090, 8000], { namespace: monitoring.namespace })]),
    ...(open ? [internet] : []),
  ];
}

const problem = (key: string, value: unknown, allowed: string, fix: string): TeamProblem => ({
  key: `team.${key}`,
  value: String(value),
  allowed,
  fix,
});

function storeProblems(team: TeamConfig, { sql, events, objectStore }: ClusterConnections): TeamProblem[] {
  return [
    ...(team.bucket && objectStore === undefined
      ? [
          problem(
            "bucket",
            true,
            "false, because the platform has no object store",
            "set bucket to false, or add one to the platform",
          ),
        ]
      : []),
    ...(team.bucket && objectStore?.product === "minio"
      ? [
          problem(
            "bucket",
            true,
            "false with minio, which nobody maintains",
            "move the platform to seaweedfs, or set bucket to false",
          ),
        ]
      : []),
    ...(team.database && sql?.cluster === undefined
      ? [
          problem(
            "database",
            true,
            "false, because databases can be made only by cloudnative-pg",
            "set database to false, or add cloudnative-pg to the platform",
          ),
        ]
      : []),
    ...(team.topics.length > 0 && events === undefined
      ? [
          problem(
            "topics",
            JSON.stringify(team.topics),
            "none, because the platform has no events",
            "remove them, or add strimzi to the platform",
          ),
        ]
      : []),
  ];
}

function queueProblems({ queue, quota }: TeamConfig, connections: ClusterConnections): TeamProblem[] {
  if (queue === undefined) return [];
  if (connections.queue === undefined)
    return [
      problem(
        "queue",
        "set",
        "none, because the platform has no queue",
        "remove it, or add kueue to the platform",
      ),
    ];
  const { flavors } = connections.queue;
  const shares = Object.entries(queue).flatMap(([pool, share]) =>
    share === undefined ? [] : [{ pool, share }],
  );
  const gpus = shares.reduce((sum, { share }) => sum + share.gpus + (share.borrow ?? 0), 0);
  return [
    ...shares
      .filter(({ pool }) => !flavors.includes(pool))
      .map(({ pool }) =>
        problem(
          `queue.${pool}`,
          "set",
          `one of the platform's pools ${flavors.join(", ")}`,
          `remove queue.${pool}, or give kueue capacity of that pool`,
        ),
      ),
    ...(gpus > quota.gpus
      ? [
          problem(
            "quota.gpus",
            quota.gpus,
            `at least ${gpus}, the GPUs of all its shares and what it may borrow; with fewer a job that the queue admits has no room for its pods`,
            `set quota.gpus to ${gpus}`,
          ),
        ]
      : []),
    ...shares
      .filter(({ share }) => mebibytes(share.memory) > mebibytes(quota.memory))
      .map(({ pool, share }) =>
        problem(
          `queue.${pool}.memory`,
          share.memory,
          `at most the quota's ${quota.memory}`,
          "lower it, or raise quota.memory",
        ),
      ),
  ];
}

/** Secrets of the config that a team of a platform needs. */
export function teamSecrets(
  { bucket }: TeamConfig,
  { objectStore }: ClusterConnections,
): readonly ConfigSecret[] {
  return bucket && objectStore?.product === "existing"
    ? ["objectStoreAccessKeyId", "objectStoreSecretAccessKey"]
    : [];
}

/** Everything that a team asks for and its platform cannot give, at once. */
export function teamProblems(team: TeamConfig, connections: ClusterConnections): readonly TeamProblem[] {
  const people = [...team.groups.admins, ...team.groups.members];
  return [
    ...(people.length === 0
      ? [
          problem(
            "groups",
            "{}",
            "at least one group of admins or members",
            "name the groups of your identity provider",
          ),
        ]
      : []),
    ...storeProblems(team, connections),
    ...queueProblems(team, connections),
  ];
}

function certificate(namespace: string, { certificates }: ClusterConnections): Stage {
  if (certificates === undefined) return [];
  return [
    object(
      custom(
        "Certificate",
        { name: "team-tls", namespace },
        {
          secretName: "team-tls",
          dnsNames: [`*.${namespace}.svc`],
          issuerRef: { name: certificates.issuer, kind: "ClusterIssuer" },
        },
      ),
    ),
  ];
}

/** Plans a team on a platform: what it gets, and what keeps it apart from all other teams. */
export function planTeam(team: TeamConfig, context: TeamContext): TeamPlan {
  const plan = planShares(team, context);
  const holding = dataNamespaces(Object.values(plan.chains).flat(), [plan.namespace]);
  const chains = Object.entries(plan.chains).map(([name, stages]) => [name, markSecrets(stages, holding)]);
  return { ...plan, chains: Object.fromEntries(chains) };
}

function planShares(team: TeamConfig, context: TeamContext): TeamPlan {
  const { connections } = context;
  const namespace = teamNamespace(team.name);
  const registry =
    connections.runtime === undefined ? undefined : registryManifests(team, namespace, connections.runtime);
  const queue =
    connections.queue === undefined ? [] : queueManifests(team, namespace, connections.queue.cohort);
  const stores = storeStages(team, namespace, context);
  return {
    namespace: {
      name: namespace,
      // Volumes of its people's notebooks and jobs.
      holdsData: true,
      labels: {
        [teamLabel]: team.name,
        "bedplate.dev/cost-centre": team.costCentre,
        ...(team.queue !== undefined && { [queuedLabel]: "true" }),
      },
      allows: allowsOf(team, connections),
    },
    chains: {
      access: [accessManifests(team, namespace).map(object)],
      quota: [quotaManifests(team, namespace).map(object)],
      workloads: [
        [
          object(
            builtIn(
              "v1",
              "ServiceAccount",
              { name: "workload", namespace },
              { automountServiceAccountToken: false },
            ),
          ),
        ],
        certificate(namespace, connections),
      ],
      queue: queue.map((manifest) => [object(manifest)]),
      dashboard: connections.monitoring === undefined ? [] : [[object(dashboardManifest(team, namespace))]],
      registry: registry === undefined ? [] : [registry.access.map(object), registry.jobs.map(object)],
      ...Object.fromEntries(stores.map((stages, index) => [`store-${index}`, stages])),
    },
  };
}
