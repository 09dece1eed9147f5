import type { PredictionQuery } from "@bedplate/contract";
import type { PredictionRecord } from "../domain/prediction-record.ts";
import type { PredictionStore, StoredLabel } from "../store/prediction-store.ts";
import { readPredictionFile } from "./prediction-file.ts";

/**
 * One page of logged predictions with their labels, as JSON: the rows of so many files, and in `next` where to go on.
 * Written as text, because the tensors are texts already and their digits must stay.
 */
export async function writePredictionPage(
  store: PredictionStore,
  model: string,
  { from, to, labelled, after = "" }: PredictionQuery,
  filesLimit: number,
): Promise<string> {
  const files = await store.files(model, from, to, after);
  const read = files.slice(0, filesLimit);
  const rows = (
    await Promise.all(read.map(async (file) => await readPredictionFile(await store.read(file))))
  ).flat();
  // A file that was written twice after a failure has the same rows twice.
  const byId = new Map(rows.map((row) => [row.id, row]));
  const wanted = [...byId.values()].filter(({ time }) => time >= from && time < to);
  const labels = await store.labelsOf(
    model,
    wanted.map(({ id }) => id),
  );
  const shown = labelled === "true" ? wanted.filter(({ id }) => labels.has(id)) : wanted;
  const last = read.at(-1);
  const next =
    files.length > read.length && last !== undefined ? JSON.stringify(store.placeOf(last)) : "null";
  const texts = shown.map((row) => word(row, labels.get(row.id)));
  return `{"predictions":[${texts.join(",")}],"next":${next}}`;
}

function word(
  { id, time, version, inputs, outputs }: PredictionRecord,
  label: StoredLabel | undefined,
): string {
  const known = label === undefined ? "" : `,"label":${label.label},"observedAt":${label.observedAt}`;
  return `{"id":${JSON.stringify(id)},"time":${time},"version":${version},"inputs":${inputs},"outputs":${outputs}${known}}`;
}
