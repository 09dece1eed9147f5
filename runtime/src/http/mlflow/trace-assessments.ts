import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { Problem } from "../../domain/problem.ts";
import { traceLimits } from "../../domain/trace-limits.ts";
import type { Ports } from "../../ports.ts";
import type { NewAssessment } from "../../store/trace-assessment-store.ts";
import { serve } from "../serve.ts";
import { required } from "./fields.ts";
import { timestamp, toAssessment } from "./trace-words.ts";

const failure = z.object({
  error_code: z.string().optional(),
  error_message: z.string().optional(),
  stack_trace: z.string().optional(),
});
const serialized = z.object({ serialization_format: z.string().optional(), value: z.string() });
/** What an assessment says beside its name; the database keeps it as it is. */
const body = z.object({
  span_id: z.string().max(100).optional(),
  source: z
    .object({ source_type: z.string().max(100), source_id: z.string().max(500).optional() })
    .optional(),
  feedback: z.object({ value: z.json().optional(), error: failure.optional() }).optional(),
  expectation: z.object({ value: z.json().optional(), serialized_value: serialized.optional() }).optional(),
  issue: z.object({ issue_name: z.string().optional() }).optional(),
  rationale: z.string().optional(),
  error: failure.optional(),
  metadata: z.record(z.string(), z.string()).optional(),
  overrides: z.string().max(traceLimits.idLength).optional(),
});
const fields = z.object({
  ...body.shape,
  assessment_id: z.string().min(1).max(traceLimits.idLength).optional(),
  assessment_name: required.max(traceLimits.keyLength),
  create_time: timestamp.optional(),
  last_update_time: timestamp.optional(),
  valid: z.boolean().default(true),
});
/** An assessment as clients send it. */
export const assessment = fields.refine((given) => kindOf(given) !== undefined, {
  message: "it must hold one of feedback, expectation and issue",
});
type Body = z.output<typeof body>;

function kindOf(given: Body): NewAssessment["kind"] | undefined {
  const kinds = ["feedback", "expectation", "issue"] as const;
  const held = kinds.filter((kind) => given[kind] !== undefined);
  return held.length === 1 ? held[0] : undefined;
}

export function toNewAssessment(given: z.output<typeof assessment>): NewAssessment {
  return {
    id: given.assessment_id,
    kind: kindOf(given) ?? "feedback",
    name: given.assessment_name,
    value: searchedValue(given),
    valid: given.valid,
    createTime: given.create_time,
    lastUpdateTime: given.last_update_time,
    overrides: given.overrides,
    body: body.parse(given),
  };
}

/** What searches compare. Lists and objects come as JSON inside of a text. */
function searchedValue({ feedback, expectation }: Body): unknown {
  const text = expectation?.serialized_value?.value;
  if (text === undefined) return feedback?.value ?? expectation?.value;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Paths of protobuf's field mask, whose JSON has them in one text and in camel case. */
const mask = z
  .union([
    z.string().max(1_000),
    z.object({ paths: z.array(z.string().max(100)).max(20) }).transform(({ paths }) => paths.join(",")),
  ])
  .transform((text) =>
    text.split(",").map((path) => path.replaceAll(/[A-Z]/g, (c) => `_${c.toLowerCase()}`)),
  );
const change = fields.partial();
const changeable = ["assessment_name", "feedback", "expectation", "rationale", "metadata", "valid"] as const;

const ofTrace = z.object({ traceId: required });
const one = z.object({ traceId: required, assessmentId: required });

/** What people and programs say of traces. */
export function serveAssessments(app: FastifyInstance, { tracking: { traces } }: Ports): void {
  const { assessments } = traces;

  serve(
    app,
    "createAssessment",
    { params: ofTrace, body: z.object({ assessment }) },
    async ({ params, body }) => ({
      assessment: toAssessment(await assessments.create(params.traceId, toNewAssessment(body.assessment))),
    }),
  );
  serve(app, "getAssessment", { params: one }, async ({ params }) => ({
    assessment: toAssessment(await assessments.get(params.traceId, params.assessmentId)),
  }));
  serve(
    app,
    "updateAssessment",
    { params: one, body: z.object({ assessment: change, update_mask: mask }) },
    async ({ params, body: { assessment: given, update_mask: paths } }) => {
      const unknown = paths.filter((path) => !changeable.some((each) => each === path));
      if (unknown.length > 0) {
        throw new Problem(
          "INVALID_REQUEST",
          `These cannot be changed: ${unknown.join(", ").slice(0, 200)}. These can: ${changeable.join(", ")}.`,
        );
      }
      const updated = await assessments.update(params.traceId, params.assessmentId, (present) => {
        const before = body.parse(present.body);
        const taken = Object.fromEntries(Object.entries(given).filter(([name]) => paths.includes(name)));
        const after = body.parse({
          ...before,
          ...taken,
          ...(before.metadata === undefined && given.metadata === undefined
            ? {}
            : { metadata: { ...before.metadata, ...(paths.includes("metadata") ? given.metadata : {}) } }),
        });
        if (kindOf(after) !== kindOf(before)) {
          throw new Problem("INVALID_REQUEST", `This is ${kindOf(before)}; it cannot become something else.`);
        }
        return {
          name: paths.includes("assessment_name") ? (given.assessment_name ?? present.name) : present.name,
          valid: paths.includes("valid") ? (given.valid ?? present.valid) : present.valid,
          value: searchedValue(after),
          body: after,
        };
      });
      return { assessment: toAssessment(updated) };
    },
  );
  serve(app, "deleteAssessment", { params: one }, async ({ params }) => {
    await assessments.delete(params.traceId, params.assessmentId);
    return {};
  });
}
