import type { Item, PlatformContext, SecretPlan } from "../kubernetes/addon.plan.ts";
import { dataObject, need, object } from "../kubernetes/addon.plan.ts";
import { custom } from "../kubernetes/manifest.plan.ts";
import { type Allow, egress } from "../kubernetes/namespace.plan.ts";

/** Where a database is and how it is called. */
export interface DatabasePlace {
  readonly name: string;
  readonly host: string;
  readonly port: number;
}

/** Name of the Secret by which the owner of a database gets its password and URL. */
export const databaseSecret = (name: string) => `database-${name}`;

/** PostgreSQL takes names with dashes only in quotes. */
export const roleName = (name: string) => name.replaceAll("-", "_");

/** What the owner of a database is told. */
export function databaseData({ name, host, port }: DatabasePlace, password: string): Record<string, string> {
  const role = roleName(name);
  return {
    username: role,
    password,
    host,
    port: String(port),
    dbname: role,
    url: `postgresql://${role}:${password}@${host}:${port}/${role}`,
    "jdbc-url": `jdbc:postgresql://${host}:${port}/${role}`,
  };
}

/** The Secrets of a database: for the operator in its namespace, and for each namespace that uses it. */
export function databaseSecrets(
  place: DatabasePlace,
  operatorNamespace: string,
  namespaces: readonly string[],
): SecretPlan {
  const { username, password, ...rest } = databaseData(place, "{{password}}");
  return {
    name: databaseSecret(place.name),
    generate: { password: 24 },
    copies: [
      {
        name: databaseSecret(place.name),
        namespace: operatorNamespace,
        type: "kubernetes.io/basic-auth",
        data: { username: username ?? "", password: password ?? "" },
        labels: { "cnpg.io/reload": "true" },
      },
      ...namespaces
        .filter((namespace) => namespace !== operatorNamespace)
        .map((namespace) => ({
          name: databaseSecret(place.name),
          namespace,
          data: { username: username ?? "", password: password ?? "", ...rest },
        })),
    ],
  };
}

/** A role and the database that it owns, in a Cluster of CloudNativePG; in that order. */
export function databaseItems(
  name: string,
  cluster: string,
  namespace: string,
  keep: boolean,
): readonly [readonly Item[], readonly Item[]] {
  const role = roleName(name);
  return [
    [
      object(
        custom(
          "DatabaseRole",
          { name: `role-${name}`, namespace },
          {
            name: role,
            cluster: { name: cluster },
            login: true,
            passwordSecret: { name: databaseSecret(name) },
          },
        ),
      ),
    ],
    [
      dataObject(
        custom(
          "Database",
          { name: `database-${name}`, namespace },
          {
            name: role,
            owner: role,
            cluster: { name: cluster },
            databaseReclaimPolicy: keep ? "retain" : "delete",
          },
        ),
      ),
    ],
  ];
}

/** Where an add-on finds a database that it has asked for. */
export function databaseOf(context: PlatformContext, name: string): DatabasePlace {
  const { host, port } = need(context, "sql");
  return { name, host, port };
}

/** Lets pods call the SQL database. */
export function toSql(context: PlatformContext): readonly Allow[] {
  const { namespace, port = 5432 } = context.connections.sql ?? {};
  return namespace === undefined
    ? [{ name: "sql", to: ["anywhere"], ports: [port] }]
    : [egress(namespace, 5432)];
}
