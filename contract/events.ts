import { z } from "zod";
import { promotionPolicy } from "./governance.ts";
import { rolloutEvent } from "./rollout.ts";
import { role, teamChange } from "./team.ts";
import { trainingState } from "./training-job.ts";

const modelVersion = z.strictObject({ model: z.string(), version: z.int().min(1) });
const tag = { key: z.string(), value: z.string() };
const webhook = z.strictObject({ webhookId: z.string(), name: z.string() });
const described = {
  description: z.string().optional(),
  tags: z.record(z.string(), z.string()).optional(),
};

/**
 * What the platform announces, by CloudEvents type. An event is written to the outbox in the transaction of the
 * change that it reports, and delivered at least once, in order.
 */
export const eventData = {
  "dev.bedplate.run.created": z.strictObject({ runId: z.string(), experimentId: z.string() }),
  "dev.bedplate.run.finished": z.strictObject({ runId: z.string(), status: z.string() }),
  "dev.bedplate.model.registered": z.strictObject({ model: z.string(), ...described }),
  "dev.bedplate.model.tag-set": z.strictObject({ model: z.string(), ...tag }),
  "dev.bedplate.model.tag-deleted": z.strictObject({ model: z.string(), key: z.string() }),
  "dev.bedplate.model.deleted": z.strictObject({ model: z.string() }),
  "dev.bedplate.model-version.created": z.strictObject({
    ...modelVersion.shape,
    ...described,
    source: z.string().optional(),
    runId: z.string().optional(),
  }),
  "dev.bedplate.model-version.tag-set": z.strictObject({ ...modelVersion.shape, ...tag }),
  "dev.bedplate.model-version.tag-deleted": z.strictObject({ ...modelVersion.shape, key: z.string() }),
  "dev.bedplate.model-version.deleted": modelVersion,
  "dev.bedplate.model-version.signed": z.strictObject({ ...modelVersion.shape, keyId: z.string() }),
  "dev.bedplate.model-card.written": modelVersion,
  "dev.bedplate.alias.set": z.strictObject({
    ...modelVersion.shape,
    alias: z.string(),
    /** The version that the alias named before; absent for a new alias. */
    previousVersion: z.int().min(1).optional(),
    /** True when the champion before the present one came back. */
    rollback: z.literal(true).optional(),
    comment: z.string().max(1000).optional(),
  }),
  "dev.bedplate.alias.deleted": z.strictObject({ ...modelVersion.shape, alias: z.string() }),
  "dev.bedplate.model-version.stage-changed": z.strictObject({
    ...modelVersion.shape,
    stage: z.string(),
    previousStage: z.string(),
  }),
  "dev.bedplate.approval.given": z.strictObject({
    ...modelVersion.shape,
    approvalId: z.string(),
    decision: z.enum(["approve", "reject"]),
    reason: z.string(),
    /** Which files were approved: SHA-256 over their names and digests. */
    content: z.string(),
  }),
  "dev.bedplate.approval.withdrawn": z.strictObject({ ...modelVersion.shape, approvalId: z.string() }),
  "dev.bedplate.predictions.labelled": z.strictObject({ model: z.string(), labels: z.int().min(1) }),
  "dev.bedplate.promotion-policy.changed": z.strictObject({ model: z.string(), policy: promotionPolicy }),
  "dev.bedplate.rollout.changed": rolloutEvent,
  "dev.bedplate.artifacts.collected": z.strictObject({ objects: z.int().min(1), bytes: z.int().min(0) }),
  "dev.bedplate.traces.deleted": z.strictObject({ experimentId: z.string(), traces: z.int().min(1) }),
  "dev.bedplate.webhook.created": webhook,
  "dev.bedplate.webhook.updated": webhook,
  "dev.bedplate.webhook.deleted": webhook,
  "dev.bedplate.team.created": z.strictObject({ team: z.string() }),
  "dev.bedplate.team.changed": z.strictObject({ team: z.string(), ...teamChange.shape }),
  "dev.bedplate.team.deleted": z.strictObject({ team: z.string() }),
  "dev.bedplate.team.adopted": z.strictObject({
    team: z.string(),
    models: z.array(z.string()),
    experiments: z.array(z.string()),
  }),
  "dev.bedplate.token.created": z.strictObject({
    tokenId: z.string(),
    user: z.string(),
    role,
    team: z.string().nullable(),
    expiresAt: z.int(),
  }),
  "dev.bedplate.token.revoked": z.strictObject({ tokenId: z.string(), user: z.string() }),
  "dev.bedplate.training.changed": z.strictObject({ jobId: z.string(), state: trainingState }),
} as const;

export type EventType = keyof typeof eventData;
export type EventData<T extends EventType> = z.infer<(typeof eventData)[T]>;

/** One event as it is stored and delivered. */
export interface PlatformEvent<T extends EventType = EventType> {
  readonly id: string;
  readonly type: T;
  /** What the event is about: a model's name, a run's or a job's id. */
  readonly subject: string;
  /** Who caused it. */
  readonly actor: string;
  /** When, in milliseconds since 1970. */
  readonly time: number;
  readonly data: EventData<T>;
}
