import type { SqlConnection } from "@bedplate/contract";
import * as pulumi from "@pulumi/pulumi";
import type { Labels } from "../labels.ts";
import { LocalFolder } from "../process/local-folder.ts";

export interface EmbeddedSqlArgs {
  /** Absolute path of the folder that holds the database. */
  readonly path: string;
  readonly labels: Labels;
}

/**
 * PostgreSQL inside the runtime's own process, over a folder of this machine. Its rows outlive the stack. Costs disk only.
 *
 *     const sql = new EmbeddedSql("sql", { path: "/srv/bedplate/sql", labels });
 */
export class EmbeddedSql extends pulumi.ComponentResource {
  readonly connection: pulumi.Output<SqlConnection>;

  constructor(name: string, args: EmbeddedSqlArgs, options?: pulumi.ComponentResourceOptions) {
    super("bedplate:sql:EmbeddedSql", name, {}, options);
    new LocalFolder(`${name}-folder`, { ...args }, { parent: this });
    this.connection = pulumi.output<SqlConnection>({ kind: "pglite", path: args.path });
    this.registerOutputs({ connection: this.connection });
  }
}
