import { z } from "zod";
import { lineageGraph } from "./lineage.ts";
import { tensorSpec } from "./model.ts";
import { signatureReport } from "./signature.ts";

const prose = z.string().max(20_000);

/** What only people know of a version. A section that is left out or empty is listed as missing. */
export const modelCardSections = z.strictObject({
  intendedUse: prose.default(""),
  limitations: prose.default(""),
  ethicalConsiderations: prose.default(""),
  licence: z.string().max(200).default(""),
  owner: z.string().max(200).default(""),
});
export type ModelCardSections = z.infer<typeof modelCardSections>;

const value = z.strictObject({ key: z.string(), value: z.string() });
const metric = z.strictObject({
  key: z.string(),
  /** Null where the value is not a number. */
  value: z.number().nullable(),
  step: z.int(),
});

/** Everything that a card can say, by the name under which it is listed when it is missing. */
export const modelCardParts = [
  "intendedUse",
  "limitations",
  "ethicalConsiderations",
  "licence",
  "owner",
  "description",
  "run",
  "parameters",
  "metrics",
  "datasets",
  "evaluation",
  "interface",
  "artifacts",
  "signature",
  "history",
  "approvals",
] as const;
export type ModelCardPart = (typeof modelCardParts)[number];

export const modelCard = z.strictObject({
  model: z.string(),
  version: z.int(),
  description: z.string(),
  aliases: z.array(z.string()),
  createdAt: z.int(),
  createdBy: z.string(),
  source: z.string(),
  sections: modelCardSections,
  /** Who wrote the sections last, and when; null while nobody has. */
  sectionsBy: z.string().nullable(),
  sectionsAt: z.int().nullable(),
  run: z
    .strictObject({
      id: z.string(),
      name: z.string(),
      user: z.string(),
      status: z.string(),
      startedAt: z.int(),
      endedAt: z.int().nullable(),
      /** The program that made it, and its commit, where the client told. */
      sourceName: z.string().nullable(),
      sourceCommit: z.string().nullable(),
    })
    .nullable(),
  parameters: z.array(value),
  metrics: z.array(metric),
  datasets: z.array(
    z.strictObject({
      name: z.string(),
      digest: z.string(),
      sourceType: z.string(),
      source: z.string(),
      /** What it was used for, `training` for one, where the client told. */
      context: z.string().nullable(),
    }),
  ),
  /** Metrics that were measured on a named data set. */
  evaluation: z.array(z.strictObject({ ...metric.shape, dataset: z.string(), digest: z.string() })),
  /** Inputs and outputs of the ONNX graph; null where the version has none that can be read. */
  interface: z.strictObject({ inputs: z.array(tensorSpec), outputs: z.array(tensorSpec) }).nullable(),
  artifacts: z.array(z.strictObject({ path: z.string(), digest: z.string(), size: z.int() })),
  signature: signatureReport,
  /** Alias and stage changes, oldest first. */
  history: z.array(z.strictObject({ at: z.int(), actor: z.string(), what: z.string(), comment: z.string() })),
  approvals: z.array(
    z.strictObject({ at: z.int(), actor: z.string(), decision: z.string(), comment: z.string() }),
  ),
  lineage: lineageGraph,
  /** What is missing, and what to do about it. */
  missing: z.array(z.strictObject({ part: z.enum(modelCardParts), todo: z.string() })),
  complete: z.boolean(),
});
export type ModelCard = z.infer<typeof modelCard>;
