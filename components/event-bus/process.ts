import type { EventBusConnection } from "@bedplate/contract";
import * as pulumi from "@pulumi/pulumi";

/** Events by way of a table in the SQL database, delivered by the runtime; makes nothing of its own and costs nothing. */
export class OutboxEventBus extends pulumi.ComponentResource {
  readonly connection: pulumi.Output<EventBusConnection>;

  constructor(name: string, options?: pulumi.ComponentResourceOptions) {
    super("bedplate:event-bus:OutboxEventBus", name, {}, options);
    this.connection = pulumi.output<EventBusConnection>({ kind: "outbox" });
    this.registerOutputs({ connection: this.connection });
  }
}
