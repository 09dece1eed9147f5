import { z } from "zod";
import { defineAddon, object, release, secret } from "../kubernetes/addon.plan.ts";
import { custom } from "../kubernetes/manifest.plan.ts";
import { apiServer, egress, ingress } from "../kubernetes/namespace.plan.ts";
import { options } from "../kubernetes/options.plan.ts";
import { toObjectStore } from "../object-store/buckets.plan.ts";
import { type DatabasePlace, databaseOf, databaseSecret, roleName, toSql } from "../sql/databases.plan.ts";

const name = "feast";
const namespace = "feature-store";
const stores = "feast-stores";

/** Feast puts variables of its pod into these files, so that they hold no password. */
function storeFiles({ host, port }: DatabasePlace): Record<string, string> {
  const database = roleName(name);
  return {
    postgres: [
      `host: ${host}`,
      `port: ${port}`,
      `database: ${database}`,
      "user: $" + "{username}",
      "password: $" + "{password}",
    ].join("\n"),
    sql: `path: postgresql+psycopg://\${username}:\${password}@${host}:${port}/${database}`,
  };
}

const server = { envFrom: [{ secretRef: { name: databaseSecret(name) } }] };

/** A feature store by Feast's operator: registry in PostgreSQL, online features in Valkey or PostgreSQL. */
export const feast = defineAddon({
  type: "bedplate:feature-store:Feast",
  provides: ["featureStore"],
  requires: ["sql", "objectStore"],
  after: ["keyValue"],
  options: options({
    project: z
      .string("a project's name: lower-case letters, digits and underscores")
      .regex(/^[a-z][a-z0-9_]{0,62}$/, "a project's name: lower-case letters, digits and underscores")
      .default("bedplate"),
  }),
  requests: () => ({
    buckets: [{ name, namespaces: [namespace] }],
    databases: [{ name, namespaces: [namespace] }],
  }),
  plan: ({ project }, context) => ({
    namespaces: [
      {
        name: namespace,
        allows: [
          apiServer,
          ingress("features", [6566, 8080], "cluster"),
          ...toSql(context),
          ...toObjectStore(context),
          ...(context.connections.keyValue === undefined
            ? []
            : [egress(context.connections.keyValue.namespace, 6379)]),
        ],
      },
    ],
    stages: [
      [
        release("feast-operator", namespace, {}, { data: true }),
        secret({
          name: stores,
          generate: {},
          copies: [{ name: stores, namespace, data: storeFiles(databaseOf(context, name)) }],
        }),
      ],
      [
        object(
          custom(
            "FeatureStore",
            { name, namespace },
            {
              feastProject: project,
              services: {
                onlineStore: {
                  server,
                  persistence: {
                    store: { type: "postgres", secretRef: { name: stores }, secretKeyName: "postgres" },
                  },
                },
                registry: {
                  local: {
                    server,
                    persistence: {
                      store: { type: "sql", secretRef: { name: stores }, secretKeyName: "sql" },
                    },
                  },
                },
              },
            },
          ),
        ),
      ],
    ],
    connections: { featureStore: { namespace } },
  }),
});
