import { z } from "zod";
import { defineAddon, secret } from "../kubernetes/addon.plan.ts";
import { options, whole } from "../kubernetes/options.plan.ts";
import { databaseSecret } from "./databases.plan.ts";

/**
 * A PostgreSQL that is there already. Its URL, a secret of the config, serves the runtime; others that need a database of
 * their own need one in which databases can be made.
 */
export const existingPostgres = defineAddon({
  type: "bedplate:sql:ExistingPostgres",
  flavor: "existing",
  provides: ["sql"],
  options: options({
    /** Name of the server, for network policies and messages; the URL itself is the secret `sqlUrl`. */
    host: z.string("the name of the server").min(1).max(253),
    port: whole(1, 65_535).default(5432),
  }),
  needsSecrets: () => ["sqlUrl"],
  plan: ({ host, port }, { requests }) => ({
    namespaces: [],
    stages: [
      [
        secret({
          name: "sql-url",
          generate: {},
          given: { url: "sqlUrl" },
          copies: requests.databases.flatMap(({ name, namespaces }) =>
            namespaces.map((namespace) => ({
              name: databaseSecret(name),
              namespace,
              data: { url: "{{url}}" },
            })),
          ),
        }),
      ],
    ],
    connections: { sql: { host, port } },
  }),
});
