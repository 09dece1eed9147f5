import type { EventData, EventType, PlatformEvent, WebhookEvent } from "@bedplate/contract";

/** An event in MLflow's words. */
export interface WebhookMessage {
  readonly event: WebhookEvent;
  readonly data: Record<string, unknown>;
}

const promptMark = "mlflow.prompt.is_prompt";
const promptText = "mlflow.prompt.text";
const promptKind = "_mlflow_prompt_type";

type Renderers = {
  readonly [T in EventType]?: (data: EventData<T>, isPrompt: boolean) => WebhookMessage | null;
};

function withoutMarks(tags: Record<string, string>): Record<string, string> {
  const { [promptMark]: _mark, [promptText]: _text, [promptKind]: _kind, ...rest } = tags;
  return rest;
}

/** MLflow's payloads; source: MLflow's webhook types. Prompts are registered models with a mark, and have names of their own. */
const renderers: Renderers = {
  "dev.bedplate.model.registered": ({ model: name, tags = {}, description = "" }, isPrompt) =>
    isPrompt
      ? { event: "prompt.created", data: { name, tags: withoutMarks(tags), description } }
      : { event: "registered_model.created", data: { name, tags, description } },
  "dev.bedplate.model.tag-set": ({ model: name, key, value }, isPrompt) =>
    isPrompt ? { event: "prompt_tag.set", data: { name, key, value } } : null,
  "dev.bedplate.model.tag-deleted": ({ model: name, key }, isPrompt) =>
    isPrompt ? { event: "prompt_tag.deleted", data: { name, key } } : null,
  "dev.bedplate.model-version.created": (made, isPrompt) => {
    const { model: name, source = "", runId = "", tags = {} } = made;
    const version = String(made.version);
    const description = made.description || null;
    return isPrompt
      ? {
          event: "prompt_version.created",
          data: { name, version, template: tags[promptText] ?? "", tags: withoutMarks(tags), description },
        }
      : {
          event: "model_version.created",
          data: { name, version, source, run_id: runId || null, tags, description },
        };
  },
  "dev.bedplate.model-version.tag-set": ({ model: name, version, key, value }, isPrompt) => ({
    event: isPrompt ? "prompt_version_tag.set" : "model_version_tag.set",
    data: { name, version: String(version), key, value },
  }),
  "dev.bedplate.model-version.tag-deleted": ({ model: name, version, key }, isPrompt) => ({
    event: isPrompt ? "prompt_version_tag.deleted" : "model_version_tag.deleted",
    data: { name, version: String(version), key },
  }),
  "dev.bedplate.alias.set": ({ model: name, alias, version }, isPrompt) => ({
    event: isPrompt ? "prompt_alias.created" : "model_version_alias.created",
    data: { name, alias, version: String(version) },
  }),
  "dev.bedplate.alias.deleted": ({ model: name, alias }, isPrompt) => ({
    event: isPrompt ? "prompt_alias.deleted" : "model_version_alias.deleted",
    data: { name, alias },
  }),
};

/** Whether any webhook could ask for events of the type. */
export function isForWebhooks(type: EventType): boolean {
  return renderers[type] !== undefined;
}

/** The event as a webhook sees it; null when no webhook can ask for it. */
export function toWebhookMessage(
  event: Pick<PlatformEvent, "type" | "data">,
  isPrompt: boolean,
): WebhookMessage | null {
  const render = renderers[event.type] as Renderers["dev.bedplate.alias.set"];
  return render?.(event.data as EventData<"dev.bedplate.alias.set">, isPrompt) ?? null;
}

/** The body that is sent; `time` is the event's, in milliseconds since 1970. */
export function webhookBody({ event, data }: WebhookMessage, time: number): string {
  const [entity, action] = event.split(".");
  const timestamp = new Date(time).toISOString().replace("Z", "+00:00");
  return JSON.stringify({ entity, action, timestamp, data });
}

const example = { name: "example_model", version: "1" };
const prompt = { ...example, name: "example_prompt" };
const tags = { example_key: "example_value" };
const tag = { key: "example_key", value: "example_value" };
const alias = { alias: "example_alias" };

/** What a test of a webhook sends. */
export const webhookExamples: Record<WebhookEvent, Record<string, unknown>> = {
  "registered_model.created": { name: example.name, tags, description: "An example registered model" },
  "model_version.created": {
    ...example,
    source: "models:/123",
    run_id: "abcd1234abcd5678",
    tags,
    description: "An example model version",
  },
  "model_version_tag.set": { ...example, ...tag },
  "model_version_tag.deleted": { ...example, key: tag.key },
  "model_version_alias.created": { ...example, ...alias },
  "model_version_alias.deleted": { name: example.name, ...alias },
  "prompt.created": { name: prompt.name, tags, description: "An example prompt" },
  "prompt_version.created": {
    ...prompt,
    template: "Hello {{name}}!",
    tags,
    description: "An example prompt version",
  },
  "prompt_tag.set": { name: prompt.name, ...tag },
  "prompt_tag.deleted": { name: prompt.name, key: tag.key },
  "prompt_version_tag.set": { ...prompt, ...tag },
  "prompt_version_tag.deleted": { ...prompt, key: tag.key },
  "prompt_alias.created": { ...prompt, ...alias },
  "prompt_alias.deleted": { name: prompt.name, ...alias },
};
