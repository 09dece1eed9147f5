import type {
  DeliveryState,
  WebhookDelivery,
  WebhookDeliveryList,
  WebhookReplay,
  WebhookStatus,
} from "@bedplate/contract";
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { getJson, postJson } from "./http.ts";

const mlflow = "/ajax-api/2.0/mlflow/webhooks";
const own = "/api/bedplate/v1/webhooks";
const watchMs = 5_000;
const deliveryPage = 50;
const webhookLimit = 1_000;

/** A webhook in MLflow's words; source: https://mlflow.org/docs/latest/ml/webhooks. */
export interface Webhook {
  readonly webhook_id: string;
  readonly name: string;
  readonly url: string;
  readonly description: string;
  readonly status: WebhookStatus;
  readonly events: readonly { readonly entity: string; readonly action: string }[];
  readonly creation_timestamp: number;
}

interface TestResult {
  readonly success: boolean;
  readonly response_status?: number;
  readonly error_message?: string;
}

export const webhooksQuery = queryOptions({
  queryKey: ["webhooks"],
  queryFn: ({ signal }) =>
    getJson<{ readonly webhooks: readonly Webhook[] }>(`${mlflow}?max_results=${webhookLimit}`, signal),
  refetchInterval: watchMs,
});

export const webhookQuery = (id: string) =>
  queryOptions({
    queryKey: ["webhooks", id],
    queryFn: async ({ signal }) =>
      (await getJson<{ readonly webhook: Webhook }>(`${mlflow}/${encodeURIComponent(id)}`, signal)).webhook,
  });

/** Deliveries of a webhook, newest first; all of them, or those in one state. */
export const deliveriesQuery = (id: string, state: DeliveryState | null) =>
  infiniteQueryOptions({
    queryKey: ["webhooks", id, "deliveries", state],
    queryFn: ({ pageParam, signal }) => {
      const query = new URLSearchParams({ limit: String(deliveryPage) });
      if (state !== null) query.set("state", state);
      if (pageParam !== "") query.set("before", pageParam);
      return getJson<WebhookDeliveryList>(`${own}/${encodeURIComponent(id)}/deliveries?${query}`, signal);
    },
    initialPageParam: "",
    getNextPageParam: (page) => page.next,
    refetchInterval: watchMs,
  });

export const replay = (id: string, { id: deliveryId }: WebhookDelivery) =>
  postJson<{ readonly replayed: number }>(`${own}/${encodeURIComponent(id)}/replay`, {
    deliveryId,
  } satisfies WebhookReplay);

export const sendTest = async (id: string) =>
  (await postJson<{ readonly result: TestResult }>(`${mlflow}/${encodeURIComponent(id)}/test`, {})).result;

/** An event as both sides write it. */
export const eventName = ({ entity, action }: Webhook["events"][number]) =>
  `${entity}.${action}`.toLowerCase();
