import { z } from "zod";
import { routeTo, urlOf } from "../gateway/kubernetes.plan.ts";
import {
  defineAddon,
  object,
  type PlatformContext,
  release,
  secret,
  type Values,
} from "../kubernetes/addon.plan.ts";
import { apiServer, ingress, internet } from "../kubernetes/namespace.plan.ts";
import { options, whole } from "../kubernetes/options.plan.ts";
import { resourcesOf, restrictedContainer } from "../kubernetes/pod.plan.ts";
import { bucketOf, bucketSecret, toObjectStore } from "../object-store/buckets.plan.ts";
import { databaseSecret, toSql } from "../sql/databases.plan.ts";

const name = "airflow";
const namespace = "orchestration";
const keys = "airflow-keys";

/** Airflow's own user in its image. */
const hardened = {
  pod: {
    runAsUser: 50_000,
    runAsGroup: 0,
    fsGroup: 0,
    runAsNonRoot: true,
    seccompProfile: { type: "RuntimeDefault" },
  },
  container: restrictedContainer,
};

interface Choice {
  readonly executor: string;
  readonly schedulers: number;
  readonly dags: { readonly repo?: string | undefined; readonly branch: string; readonly folder: string };
}

const component = (replicas: number, memory: string) => ({
  replicas,
  resources: resourcesOf({ cpu: "250m", memory }),
});

function values({ executor, schedulers, dags }: Choice, context: PlatformContext): Values {
  const { bucket, prefix, endpoint } = bucketOf(context, name);
  return {
    executor,
    securityContexts: hardened,
    postgresql: { enabled: false },
    redis: { enabled: false },
    data: { metadataSecretName: "airflow-database" },
    fernetKeySecretName: keys,
    apiSecretKeySecretName: keys,
    jwtSecretName: keys,
    createUserJob: { useHelmHooks: false, applyCustomEnv: false },
    migrateDatabaseJob: { useHelmHooks: false, applyCustomEnv: false },
    apiServer: component(context.production ? 2 : 1, "2Gi"),
    scheduler: component(schedulers, "2Gi"),
    dagProcessor: { enabled: true, ...component(1, "1Gi") },
    triggerer: component(1, "1Gi"),
    statsd: { enabled: false },
    secret: [
      { envName: "AWS_ACCESS_KEY_ID", secretName: bucketSecret(name), secretKey: "AWS_ACCESS_KEY_ID" },
      {
        envName: "AWS_SECRET_ACCESS_KEY",
        secretName: bucketSecret(name),
        secretKey: "AWS_SECRET_ACCESS_KEY",
      },
    ],
    config: {
      core: { load_examples: "False" },
      logging: {
        remote_logging: "True",
        remote_base_log_folder: `s3://${[bucket, prefix, "logs"].filter((part) => part !== "").join("/")}`,
        remote_log_conn_id: "object_store",
      },
    },
    env: [
      {
        name: "AIRFLOW_CONN_OBJECT_STORE",
        value: JSON.stringify({
          conn_type: "aws",
          ...(endpoint !== undefined && { extra: { endpoint_url: endpoint } }),
        }),
      },
    ],
    dags: {
      persistence: { enabled: false },
      gitSync: {
        enabled: dags.repo !== undefined,
        ...(dags.repo !== undefined && { repo: dags.repo, branch: dags.branch, subPath: dags.folder }),
      },
    },
  };
}

/** Pipelines by Airflow, its state in PostgreSQL and its logs in the object store. */
export const airflow = defineAddon({
  type: "bedplate:orchestration:Airflow",
  provides: ["orchestration"],
  requires: ["sql", "objectStore"],
  after: ["gateway", "identity"],
  options: options({
    executor: z
      .enum(["LocalExecutor", "KubernetesExecutor"], "LocalExecutor or KubernetesExecutor")
      .optional(),
    schedulers: whole(1, 10).optional(),
    /** Git repository of the pipelines; those in the image when left out. */
    dags: options({
      repo: z.string("an address of a Git repository").min(1).max(2048).optional(),
      branch: z.string("a branch").min(1).max(255).default("main"),
      folder: z.string("a folder").max(255).default("dags"),
    }).prefault({}),
  }),
  requests: () => ({
    buckets: [{ name, namespaces: [namespace] }],
    databases: [{ name, namespaces: [namespace] }],
  }),
  plan: ({ executor, schedulers, dags }, context) => {
    const { production } = context;
    const choice = {
      executor: executor ?? (production ? "KubernetesExecutor" : "LocalExecutor"),
      schedulers: schedulers ?? (production ? 2 : 1),
      dags,
    };
    return {
      namespaces: [
        {
          name: namespace,
          allows: [
            apiServer,
            internet,
            ingress("http", [8080], "cluster"),
            ...toSql(context),
            ...toObjectStore(context),
          ],
        },
      ],
      stages: [
        [
          secret({
            name: keys,
            // Fernet wants 32 bytes in URL-safe base64 with its padding, which 32 bytes end in.
            generate: { fernet: 32, api: 32, jwt: 32 },
            data: true,
            copies: [
              {
                name: keys,
                namespace,
                data: { "fernet-key": "{{fernet}}=", "api-secret-key": "{{api}}", "jwt-secret": "{{jwt}}" },
              },
            ],
          }),
        ],
        [
          release("airflow", namespace, {
            ...values(choice, context),
            data: { metadataSecretName: databaseSecret(name), metadataSecretKey: "url" },
          }),
        ],
        routeTo(context, { name: "airflow-api-server", namespace }, name, 8080).map(object),
      ],
      connections: {
        orchestration: {
          url: urlOf(context, name, `http://airflow-api-server.${namespace}:8080`),
          namespace,
        },
      },
    };
  },
});
