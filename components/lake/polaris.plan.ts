import { routeTo, urlOf } from "../gateway/kubernetes.plan.ts";
import { defineAddon, object, release, secret } from "../kubernetes/addon.plan.ts";
import { ingress } from "../kubernetes/namespace.plan.ts";
import { options } from "../kubernetes/options.plan.ts";
import { readOnlyContainer, resourcesOf, restrictedPod } from "../kubernetes/pod.plan.ts";
import { bucketSecret, toObjectStore } from "../object-store/buckets.plan.ts";
import { databaseSecret, toSql } from "../sql/databases.plan.ts";

const name = "polaris";
const namespace = "lake";

/** A catalog of Iceberg tables by Apache Polaris, over the object store. */
export const polaris = defineAddon({
  type: "bedplate:lake:Polaris",
  provides: ["lake"],
  requires: ["sql", "objectStore"],
  after: ["gateway"],
  options: options({}),
  requests: () => ({
    buckets: [{ name, namespaces: [namespace] }],
    databases: [{ name, namespaces: [namespace] }],
  }),
  plan: (_options, context) => ({
    namespaces: [
      {
        name: namespace,
        allows: [ingress("http", [8181, 8182], "cluster"), ...toSql(context), ...toObjectStore(context)],
      },
    ],
    stages: [
      [
        secret({
          name: "polaris-root",
          generate: { id: 12, secret: 32 },
          copies: [
            {
              name: "polaris-root",
              namespace,
              data: { "client-id": "{{id}}", "client-secret": "{{secret}}" },
            },
          ],
        }),
      ],
      [
        release("polaris", namespace, {
          replicaCount: context.production ? 2 : 1,
          podSecurityContext: restrictedPod,
          containerSecurityContext: readOnlyContainer,
          resources: resourcesOf({ cpu: "250m", memory: "1Gi" }),
          persistence: {
            type: "relational-jdbc",
            relationalJdbc: {
              secret: {
                name: databaseSecret(name),
                username: "username",
                password: "password",
                jdbcUrl: "jdbc-url",
              },
            },
          },
          storage: {
            secret: {
              name: bucketSecret(name),
              awsAccessKeyId: "AWS_ACCESS_KEY_ID",
              awsSecretAccessKey: "AWS_SECRET_ACCESS_KEY",
            },
          },
        }),
      ],
      routeTo(context, { name, namespace }, name, 8181).map(object),
    ],
    connections: { lake: { url: urlOf(context, name, `http://${name}.${namespace}:8181`), namespace } },
  }),
});
