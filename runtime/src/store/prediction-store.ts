import { randomUUID } from "node:crypto";
import { Readable } from "node:stream";
import { type PredictionLabel, predictionLogTag } from "@bedplate/contract";
import { sql } from "kysely";
import { readFraction } from "../domain/prediction-record.ts";
import type { ArtifactFile, ArtifactStore } from "./artifact-store.ts";
import type { Database } from "./database.ts";
import { announce } from "./outbox.ts";
import { noModel } from "./registry-summary.ts";

/** A model whose predictions are kept: which share of them, and below which folder. */
export interface LoggedModel {
  readonly fraction: number;
  readonly team: string;
  readonly folder: string;
}

export interface StoredLabel {
  /** JSON. */
  readonly label: string;
  readonly observedAt: number;
}

/** Files that one sweep looks at. */
const sweepLimit = 10_000;
const timeDigits = 13;

/** Below its team's folder, so that other teams neither see nor read it; by id, so that a rename changes nothing. */
const folderOf = (team: string, historyId: string) => `teams/${team}/predictions/${historyId}`;
const dayOf = (time: number) => new Date(time).toISOString().slice(0, 10);

/** Whose history a registered model's name means now. Throws NOT_FOUND. */
async function historyOf(db: Database, name: string): Promise<{ history_id: string; team: string }> {
  const row = await db
    .selectFrom("registered_models")
    .select(["history_id", "team"])
    .where("name", "=", name)
    .executeTakeFirst();
  if (row === undefined) throw noModel(name);
  return row;
}

/** Where logged predictions and their labels are kept: files in the artifact store, labels in the database. */
export function createPredictionStore(db: Database, artifacts: ArtifactStore, clock: () => number) {
  return {
    ...labelsIn(db, clock),

    /** The models that ask for it by their tag. */
    async logged(): Promise<ReadonlyMap<string, LoggedModel>> {
      const rows = await db
        .selectFrom("registered_models as m")
        .innerJoin("registered_model_tags as t", "t.name", "m.name")
        .select(["m.name", "m.team", "m.history_id", "t.value"])
        .where("t.key", "=", predictionLogTag)
        .execute();
      return new Map(
        rows.flatMap(({ name, team, history_id, value }): [string, LoggedModel][] => {
          const fraction = readFraction(value);
          return fraction === null ? [] : [[name, { fraction, team, folder: folderOf(team, history_id) }]];
        }),
      );
    },

    /** Keeps a file of predictions that were all made on the day of the first. */
    async keep({ folder }: LoggedModel, first: number, bytes: Uint8Array): Promise<void> {
      const name = `${String(first).padStart(timeDigits, "0")}-${randomUUID()}.parquet`;
      await artifacts.put(`${folder}/date=${dayOf(first)}/${name}`, Readable.from([bytes]), bytes.length);
    },

    /** Files with predictions of a time, oldest first, from behind a path on. */
    async files(model: string, from: number, to: number, after: string): Promise<readonly ArtifactFile[]> {
      const { team, history_id } = await historyOf(db, model);
      const folder = folderOf(team, history_id);
      const files = await artifacts.files(folder, sweepLimit);
      const [first, last] = [`date=${dayOf(from)}`, `date=${dayOf(Math.min(to, clock()))}`];
      return files.filter(({ path }) => {
        const day = path.slice(folder.length + 1).split("/")[0] ?? "";
        return day >= first && day <= last && path > `${folder}/${after}`;
      });
    },

    /** The place of a file below its model's folder. */
    placeOf: ({ path }: ArtifactFile) => path.split("/").slice(-2).join("/"),

    async read(file: ArtifactFile): Promise<Uint8Array> {
      const parts: Buffer[] = [];
      for await (const part of await artifacts.open(file)) parts.push(part as Buffer);
      return Buffer.concat(parts);
    },

    /** Forgets files and labels from before a time. */
    async forget(before: number): Promise<void> {
      await db.deleteFrom("prediction_labels").where("labelled_at", "<", before).execute();
      const old = await db
        .selectFrom("artifacts")
        .select("path")
        .where("path", "like", "teams/%/predictions/%.parquet")
        .where(sql<boolean>`substring(path from 'date=([0-9-]{10})/') < ${dayOf(before)}`)
        .limit(sweepLimit)
        .execute();
      for (const { path } of old) await artifacts.remove(path);
    },
  };
}

/** What turned out to be true of predictions. */
function labelsIn(db: Database, clock: () => number) {
  return {
    /** Keeps labels; one that is there already changes only where it says something else. Returns how many changed. */
    async label(model: string, labels: readonly PredictionLabel[], actor: string): Promise<number> {
      const { history_id } = await historyOf(db, model);
      const now = clock();
      // The last word about a prediction counts; one statement may not say two things of one row.
      const byId = new Map(labels.map((one) => [one.id, one]));
      const rows = [...byId.values()].map(({ id, label, observedAt }) => ({
        history_id,
        request_id: id,
        label: JSON.stringify(label),
        observed_at: observedAt ?? now,
        labelled_at: now,
      }));
      return await db.transaction().execute(async (trx) => {
        const changed = await trx
          .insertInto("prediction_labels")
          .values(rows)
          .onConflict((conflict) =>
            conflict
              .columns(["history_id", "request_id"])
              .doUpdateSet((eb) => ({
                label: eb.ref("excluded.label"),
                observed_at: eb.ref("excluded.observed_at"),
                labelled_at: eb.ref("excluded.labelled_at"),
              }))
              .where(sql<boolean>`prediction_labels.label is distinct from excluded.label`),
          )
          .returning("request_id")
          .execute();
        if (changed.length > 0) {
          const data = { model, labels: changed.length };
          await announce(trx, {
            type: "dev.bedplate.predictions.labelled",
            subject: model,
            actor,
            time: now,
            data,
          });
        }
        return changed.length;
      });
    },

    async labelsOf(model: string, ids: readonly string[]): Promise<ReadonlyMap<string, StoredLabel>> {
      if (ids.length === 0) return new Map();
      const { history_id } = await historyOf(db, model);
      const rows = await db
        .selectFrom("prediction_labels")
        .select(["request_id", "label", "observed_at"])
        .where("history_id", "=", history_id)
        .where(sql<boolean>`request_id = any(${[...ids]}::text[])`)
        .execute();
      return new Map(
        rows.map(({ request_id, label, observed_at }) => [request_id, { label, observedAt: observed_at }]),
      );
    },
  };
}

export type PredictionStore = ReturnType<typeof createPredictionStore>;
