import type { Approval, HistoryEntry, ModelCard, ModelCardSections, TensorSpec } from "@bedplate/contract";
import { nodeId } from "../domain/lineage-node.ts";
import { buildCard } from "../domain/model-card.ts";
import { Problem } from "../domain/problem.ts";
import { lockModel, noVersion, requireVersion } from "./alias-store.ts";
import type { Database } from "./database.ts";
import { type LineageStore, teamOf } from "./lineage-store.ts";
import { loadVersions, type ModelVersion } from "./model-version-rows.ts";
import { announce } from "./outbox.ts";
import type { Run } from "./run-rows.ts";
import type { SignatureStore } from "./signature-store.ts";
import { versionFiles } from "./version-files.ts";

interface Interface {
  readonly inputs: readonly TensorSpec[];
  readonly outputs: readonly TensorSpec[];
}

interface CardParts {
  readonly db: Database;
  readonly clock: () => number;
  readonly run: (id: string) => Promise<Run>;
  /** Changes of a model's aliases and stages, newest first. */
  readonly history: (
    model: string,
    page: { readonly limit: number },
  ) => Promise<{ readonly entries: readonly HistoryEntry[] }>;
  readonly approvals: (of: {
    readonly model: string;
    readonly version: number;
  }) => Promise<readonly Approval[]>;
  readonly signatures: Pick<SignatureStore, "report">;
  readonly lineage: Pick<LineageStore, "graph">;
  /** Inputs and outputs of the version's ONNX file; null where it has none that can be read. */
  readonly interfaceOf: (version: {
    readonly model: string;
    readonly version: number;
    readonly artifactPath: string;
  }) => Promise<Interface | null>;
  readonly servingAlias: string;
  readonly lineageNodes: number;
}

const lineageDepth = 10;
const evaluationLimit = 1_000;
const historyLimit = 1_000;

/** Model cards, made from what is registered whenever one is read; only what people write is kept. */
export function createModelCardStore(parts: CardParts) {
  const { db, clock } = parts;
  return {
    async read(name: string, number: number): Promise<ModelCard> {
      const version = await loadVersion(db, name, number);
      const run = await loadRun(parts, version.run_id);
      const written = await sectionsOf(db, name, number);
      const node = nodeId({ kind: "model-version", model: name, version: number });
      const graph = { node, depth: lineageDepth, direction: "both" } as const;
      const address = { model: name, version: number, artifactPath: version.artifact_path };
      return buildCard({
        model: name,
        version: number,
        description: version.description,
        aliases: [...version.aliases],
        createdAt: version.creation_time,
        createdBy: version.user_id,
        source: version.source,
        sections: written?.sections ?? null,
        sectionsBy: written?.by ?? null,
        sectionsAt: written?.at ?? null,
        ...runFacts(run),
        evaluation: await evaluationOf(db, version.model_id),
        interface: copyOf(await parts.interfaceOf(address)),
        artifacts: [...((await versionFiles(db, version.artifact_path)) ?? [])],
        signature: await parts.signatures.report(name, number, "digests"),
        history: historyOf((await parts.history(name, { limit: historyLimit })).entries, number),
        approvals: (await parts.approvals({ model: name, version: number })).flatMap(approvalOf),
        lineage: await parts.lineage.graph({
          ...graph,
          nodeLimit: parts.lineageNodes,
          servingAlias: parts.servingAlias,
          sight: await teamOf(db, { kind: "model", id: name }),
        }),
      });
    },

    /** Writes the sections that only people know; they take the place of those written before. */
    async write(name: string, number: number, sections: ModelCardSections, actor: string): Promise<void> {
      await db.transaction().execute(async (trx) => {
        await lockModel(trx, name);
        await requireVersion(trx, name, number);
        const now = clock();
        const row = { sections: storable(sections), written_by: actor, written_at: now };
        await trx
          .insertInto("model_cards")
          .values({ name, version: number, ...row })
          .onConflict((conflict) => conflict.columns(["name", "version"]).doUpdateSet(row))
          .execute();
        const data = { model: name, version: number };
        await announce(trx, {
          type: "dev.bedplate.model-card.written",
          subject: name,
          actor,
          time: now,
          data,
        });
      });
    },
  };
}

export type ModelCardStore = ReturnType<typeof createModelCardStore>;

/** JSON for PostgreSQL, which holds neither U+0000 nor half of a surrogate pair. */
const storable = (sections: ModelCardSections) =>
  JSON.stringify(sections, (_, part: unknown) =>
    typeof part === "string" ? part.toWellFormed().replaceAll("\0", "\ufffd") : part,
  );

const copyOf = (one: Interface | null) =>
  one === null ? null : { inputs: [...one.inputs], outputs: [...one.outputs] };

async function loadVersion(db: Database, name: string, number: number): Promise<ModelVersion> {
  const row = await db
    .selectFrom("model_versions")
    .selectAll()
    .where("name", "=", name)
    .where("version", "=", number)
    .executeTakeFirst();
  const [version] = row === undefined ? [] : await loadVersions(db, [row]);
  if (version === undefined) throw noVersion(name, number);
  return version;
}

async function loadRun({ run }: CardParts, runId: string): Promise<Run | null> {
  if (runId === "") return null;
  return await run(runId).catch((error: unknown) => {
    if (error instanceof Problem && error.code === "NOT_FOUND") return null;
    throw error;
  });
}

/** What a version was given and lost, oldest first. */
function historyOf(entries: readonly HistoryEntry[], version: number): ModelCard["history"] {
  return entries.toReversed().flatMap((entry) => {
    const told = { at: entry.time, actor: entry.actor, comment: entry.comment ?? "" };
    if (entry.kind === "stage") {
      return entry.version === version
        ? [{ ...told, what: `stage ${entry.to} (before: ${entry.from})` }]
        : [];
    }
    if (entry.to === version) return [{ ...told, what: `alias ${entry.alias} ${entry.action}` }];
    if (entry.from !== version) return [];
    const next = entry.to === null ? "deleted" : `went to version ${entry.to}`;
    return [{ ...told, what: `alias ${entry.alias} ${next}` }];
  });
}

/** Decisions that still count: of the files that the version has now, and not taken back. */
function approvalOf({ time, actor, decision, reason, current, withdrawnAt }: Approval) {
  return current && withdrawnAt === null ? [{ at: time, actor, decision, comment: reason }] : [];
}

async function sectionsOf(db: Database, name: string, version: number) {
  const row = await db
    .selectFrom("model_cards")
    .selectAll()
    .where("name", "=", name)
    .where("version", "=", version)
    .executeTakeFirst();
  if (row === undefined) return null;
  return {
    sections: row.sections as unknown as ModelCardSections,
    by: row.written_by,
    at: row.written_at,
  };
}

/** JSON has no infinities and no NaN. */
const finite = (value: number) => (Number.isFinite(value) ? value : null);
const contextTag = "mlflow.data.context";

function runFacts(run: Run | null): Pick<ModelCard, "run" | "parameters" | "metrics" | "datasets"> {
  if (run === null) return { run: null, parameters: [], metrics: [], datasets: [] };
  const tag = (key: string) => run.tags.find((one) => one.key === key)?.value ?? null;
  return {
    run: {
      id: run.run_id,
      name: run.name,
      user: run.user_id,
      status: run.status,
      startedAt: run.start_time,
      endedAt: run.end_time,
      sourceName: tag("mlflow.source.name"),
      sourceCommit: tag("mlflow.source.git.commit"),
    },
    parameters: run.params.map(({ key, value }) => ({ key, value })),
    metrics: run.metrics.map(({ key, value, step }) => ({ key, value: finite(value), step })),
    datasets: run.inputs.map(({ dataset, tags }) => ({
      name: dataset.name,
      digest: dataset.digest,
      sourceType: dataset.source_type,
      source: dataset.source,
      context: tags.find((one) => one.key === contextTag)?.value ?? null,
    })),
  };
}

async function evaluationOf(db: Database, modelId: string): Promise<ModelCard["evaluation"]> {
  if (modelId === "") return [];
  const rows = await db
    .selectFrom("logged_model_metrics")
    .select(["key", "value", "is_nan", "step", "dataset_name", "dataset_digest"])
    .where("model_id", "=", modelId)
    .where("dataset_name", "!=", "")
    .orderBy("dataset_name")
    .orderBy("key")
    .orderBy("step")
    .limit(evaluationLimit)
    .execute();
  return rows.map((row) => ({
    key: row.key,
    value: row.is_nan ? null : finite(row.value),
    step: row.step,
    dataset: row.dataset_name,
    digest: row.dataset_digest,
  }));
}
