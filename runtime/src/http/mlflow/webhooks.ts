import { type WebhookEvent, webhookEvent, webhookEvents, webhookStatus } from "@bedplate/contract";
import type { FastifyInstance } from "fastify";
import { z } from "zod";
import type { Ports } from "../../ports.ts";
import type { Webhook } from "../../store/webhook-rows.ts";
import { serve } from "../serve.ts";
import { nextPage, pageSize, required } from "./fields.ts";

const params = z.object({ id: z.string().max(100) });
const name = z
  .string()
  .regex(
    /^[a-z0-9]([a-z0-9._-]{0,61}[a-z0-9])?$/i,
    "letters, digits, dots, dashes and underscores, at most 63, a letter or digit at both ends",
  );
const url = required.max(2_048);
const description = z.string().max(5_000);
const secret = z.string().max(1_000);
/** Entity and action as protobuf names them, to the name that the two make together. */
const event = z
  .object({ entity: required, action: required })
  .transform(({ entity, action }) => `${entity}.${action}`.toLowerCase())
  .pipe(webhookEvent);
const events = z
  .array(event)
  .min(1)
  .max(webhookEvents.length)
  .transform((all) => [...new Set(all)]);

const creation = z.object({
  name,
  url,
  events,
  description: description.default(""),
  secret: secret.default(""),
  status: webhookStatus.default("ACTIVE"),
});
/** In protobuf an empty name, address or list is one that was not set. */
const change = z.object({
  name: z.union([z.literal(""), name]).optional(),
  url: z.union([z.literal(""), url]).optional(),
  events: z.union([z.array(z.unknown()).length(0), events]).optional(),
  description: description.optional(),
  secret: secret.optional(),
  status: webhookStatus.optional(),
});
const page = z.object({ max_results: pageSize(100, 1_000), page_token: z.string().optional() });

function toProto(name: WebhookEvent) {
  const [entity = "", action = ""] = name.toUpperCase().split(".");
  return { entity, action };
}

const toWebhook = (webhook: Webhook) => ({ ...webhook, events: webhook.events.map(toProto) });

function toChange({ name, url, events, ...rest }: z.output<typeof change>) {
  const known = (events ?? []).flatMap((each) => webhookEvent.safeParse(each).data ?? []);
  return {
    ...defined(rest),
    ...(name === undefined || name === "" ? {} : { name }),
    ...(url === undefined || url === "" ? {} : { url }),
    ...(known.length === 0 ? {} : { events: known }),
  };
}

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

const defined = <T extends object>(fields: T) =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Defined<T>;

/** Webhooks as MLflow has them; secrets go in and never come out. */
export function serveWebhooks(app: FastifyInstance, ports: Ports): void {
  const { store, test } = ports.webhooks;

  serve(app, "createWebhook", { body: creation }, async ({ body, identity }) => ({
    webhook: toWebhook(await store.create(body, identity.name, identity.team)),
  }));
  serve(app, "listWebhooks", { querystring: page }, async ({ query, identity }) => {
    const { items, next } = await store.list(query.max_results, query.page_token, identity.team);
    return { webhooks: items.map(toWebhook), ...nextPage(next) };
  });
  serve(app, "getWebhook", { params }, async ({ params }) => ({
    webhook: toWebhook(await store.get(params.id)),
  }));
  serve(app, "updateWebhook", { params, body: change }, async ({ params, body, identity }) => ({
    webhook: toWebhook(await store.update(params.id, toChange(body), identity.name)),
  }));
  serve(app, "deleteWebhook", { params }, async ({ params, identity }) => {
    await store.delete(params.id, identity.name);
    return {};
  });
  serve(
    app,
    "testWebhook",
    { params, body: z.object({ event: event.optional() }) },
    async ({ params, body }) => {
      const { success, status, body: answer, error } = await test(params.id, body.event);
      return {
        result: {
          success,
          ...(status === null ? {} : { response_status: status, response_body: answer }),
          ...(error === null ? {} : { error_message: error }),
        },
      };
    },
  );
}
