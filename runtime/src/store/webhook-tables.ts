import type { DeliveryState, WebhookEvent, WebhookStatus } from "@bedplate/contract";
import type { ColumnType, Generated } from "kysely";

/** The tables of webhooks, as rows; times are milliseconds since 1970. */
export interface WebhookTables {
  webhooks: {
    webhook_id: string;
    name: string;
    description: string;
    url: string;
    events: ColumnType<WebhookEvent[], string, string>;
    /** Sealed; null where the webhook has none. */
    secret: string | null;
    status: WebhookStatus;
    creation_timestamp: number;
    last_updated_timestamp: number;
    /** The newest event when the webhook was made; it hears of later ones. */
    after_sequence: Generated<number>;
    /** Whose events it hears of; null for those of every team. */
    team: string | null;
  };
  webhook_deliveries: {
    id: string;
    webhook_id: string;
    /** The event's place in the outbox. */
    sequence: number;
    event: WebhookEvent;
    subject: string;
    body: string;
    state: DeliveryState;
    attempts: number;
    created_at: number;
    updated_at: number;
    status: number | null;
    error: string | null;
  };
  webhook_lanes: {
    webhook_id: string;
    subject: string;
    /** Not before this the next attempt is made, by the database's clock. */
    due_at: number;
    lease_token: string | null;
    lease_until: Generated<number>;
  };
}
