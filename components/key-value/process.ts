import type { KeyValueConnection } from "@bedplate/contract";
import * as pulumi from "@pulumi/pulumi";

/** Small hot values, kept in the SQL database; makes nothing of its own and costs nothing. */
export class SqlKeyValue extends pulumi.ComponentResource {
  readonly connection: pulumi.Output<KeyValueConnection>;

  constructor(name: string, options?: pulumi.ComponentResourceOptions) {
    super("bedplate:key-value:SqlKeyValue", name, {}, options);
    this.connection = pulumi.output<KeyValueConnection>({ kind: "sql" });
    this.registerOutputs({ connection: this.connection });
  }
}
