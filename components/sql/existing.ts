import { type SqlConnection, sqlConnection } from "@bedplate/contract";
import * as pulumi from "@pulumi/pulumi";
import type { Labels } from "../labels.ts";
import { SecretCopy } from "../process/secret-file.ts";

export interface ExistingSqlArgs {
  /** `postgres://user:password@host:port/database` of a PostgreSQL 15 or later. */
  readonly url: pulumi.Input<string>;
  /** Absolute path of the file, mode 0600, that the runtime reads the URL from. */
  readonly urlFile: string;
  /** Connections that one runtime process may hold; 10 when left out. */
  readonly poolSize?: number;
  /** Statements that each connection keeps; 100 when left out, 0 behind a pooler that changes connections between transactions. */
  readonly preparedStatements?: number;
  readonly labels: Labels;
}

/**
 * A PostgreSQL that is there already. Its URL is encrypted in the state and reaches the runtime through a file only.
 * Costs nothing beside the server.
 *
 *     const sql = new ExistingSql("sql", { url: config.requireSecret("sqlUrl"), urlFile: "/srv/bedplate/secrets/sql-url", labels });
 */
export class ExistingSql extends pulumi.ComponentResource {
  readonly connection: pulumi.Output<SqlConnection>;
  /** Changes with the URL, which the runtime reads once, when it starts. */
  readonly revision: pulumi.Output<string>;

  constructor(name: string, args: ExistingSqlArgs, options?: pulumi.ComponentResourceOptions) {
    super("bedplate:sql:ExistingSql", name, {}, options);
    const { url, urlFile, poolSize, preparedStatements, labels } = args;
    const copy = new SecretCopy(`${name}-url`, { path: urlFile, value: url, labels }, { parent: this });
    this.connection = pulumi.output(
      sqlConnection.parse({ kind: "postgres", urlFile, poolSize, preparedStatements }),
    );
    this.revision = copy.digest;
    this.registerOutputs({ connection: this.connection, revision: this.revision });
  }
}
