import { setImmediate as nextTurn } from "node:timers/promises";
import { parquetReadObjects } from "hyparquet";
import { parquetWriteBuffer } from "hyparquet-writer";
import { type Prediction, type PredictionRecord, toRecord } from "../domain/prediction-record.ts";

/** Records that are worded before other work gets its turn. */
const recordsPerTurn = 16;

/** Predictions as a Parquet file: a row each. Tensors are texts: as Parquet's JSON type, digits of INT64 would be lost. */
export async function writePredictionFile(predictions: readonly Prediction[]): Promise<Uint8Array> {
  const records: PredictionRecord[] = [];
  for (const [at, prediction] of predictions.entries()) {
    if (at % recordsPerTurn === 0) await nextTurn();
    records.push(toRecord(prediction));
  }
  const bytes = parquetWriteBuffer({
    columnData: [
      { name: "id", type: "STRING", data: records.map(({ id }) => id) },
      { name: "time", type: "TIMESTAMP", data: records.map(({ time }) => new Date(time)) },
      { name: "model", type: "STRING", data: records.map(({ model }) => model) },
      { name: "version", type: "INT32", data: records.map(({ version }) => version) },
      { name: "inputs", type: "STRING", data: records.map(({ inputs }) => inputs) },
      { name: "outputs", type: "STRING", data: records.map(({ outputs }) => outputs) },
    ],
  });
  return new Uint8Array(bytes);
}

/** The rows of a file that `writePredictionFile` wrote. */
export async function readPredictionFile(bytes: Uint8Array): Promise<readonly PredictionRecord[]> {
  const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
  const rows = await parquetReadObjects({ file });
  return rows.map((row) => ({
    id: String(row.id),
    time: new Date(row.time).getTime(),
    model: String(row.model),
    version: Number(row.version),
    inputs: String(row.inputs),
    outputs: String(row.outputs),
  }));
}
