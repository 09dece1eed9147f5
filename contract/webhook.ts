import { z } from "zod";

/** What a webhook may ask for, as MLflow names it: entity and action (source: MLflow's webhook entities). */
export const webhookEvents = [
  "registered_model.created",
  "model_version.created",
  "model_version_tag.set",
  "model_version_tag.deleted",
  "model_version_alias.created",
  "model_version_alias.deleted",
  "prompt.created",
  "prompt_version.created",
  "prompt_tag.set",
  "prompt_tag.deleted",
  "prompt_version_tag.set",
  "prompt_version_tag.deleted",
  "prompt_alias.created",
  "prompt_alias.deleted",
] as const;
export const webhookEvent = z.enum(webhookEvents);
export type WebhookEvent = z.infer<typeof webhookEvent>;

/** `ACTIVE` webhooks get events; what happens while one is `DISABLED` is not sent to it. */
export const webhookStatus = z.enum(["ACTIVE", "DISABLED"]);
export type WebhookStatus = z.infer<typeof webhookStatus>;

/** `pending` waits or is being sent; `dead` was given up and is sent again only by a replay. */
export const deliveryState = z.enum(["pending", "delivered", "dead"]);
export type DeliveryState = z.infer<typeof deliveryState>;

/** One event on its way to one webhook. Times are milliseconds since 1970. */
export const webhookDelivery = z.strictObject({
  /** The receiver sees it as `X-MLflow-Delivery-Id`, the same at every attempt. */
  id: z.string(),
  event: webhookEvent,
  /** What the event is about: the model's name. Deliveries of one subject arrive in order. */
  subject: z.string(),
  state: deliveryState,
  attempts: z.int().min(0),
  createdAt: z.int(),
  /** When the state or the number of attempts last changed. */
  updatedAt: z.int(),
  /** The receiver's last answer; null when there was none. */
  status: z.int().nullable(),
  /** Why the last attempt failed, in a sentence; null when it did not. */
  error: z.string().nullable(),
});
export type WebhookDelivery = z.infer<typeof webhookDelivery>;

export const webhookDeliveryList = z.strictObject({
  deliveries: z.array(webhookDelivery),
  /** Give this as `before` to get the next page; null on the last one. */
  next: z.string().nullable(),
});
export type WebhookDeliveryList = z.infer<typeof webhookDeliveryList>;

/**
 * What is sent again: one delivery, or every event from `from` up to but without `to` (milliseconds since 1970) that
 * the webhook asks for, those included that happened while it was disabled or did not exist.
 */
export const webhookReplay = z.union([
  z.strictObject({ deliveryId: z.string().min(1).max(100) }),
  z
    .strictObject({ from: z.int().min(0), to: z.int().min(0) })
    .refine(({ from, to }) => from < to, "`from` must be before `to`"),
]);
export type WebhookReplay = z.infer<typeof webhookReplay>;

export const webhookReplayResult = z.strictObject({
  /** Deliveries that wait again. */
  replayed: z.int().min(0),
});
