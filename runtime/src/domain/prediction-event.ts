import { predictionEventTypes } from "@bedplate/contract";
import type { PredictionRecord } from "./prediction-record.ts";

/** A CloudEvent in binary HTTP mode: attributes as headers, data as the body. */
export interface PredictionEvent {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/**
 * What went in and what came out of one prediction, as KServe's payload logger tells of them: same types, same
 * extensions, both with the id of the request. Sources: CloudEvents 1.0, "HTTP Protocol Binding"; KServe, "Inference Logger".
 */
export function toEvents(record: PredictionRecord, source: string, team: string): readonly PredictionEvent[] {
  const { id, model, version, inputs, outputs } = record;
  const time = new Date(record.time).toISOString();
  const common = {
    "content-type": "application/json",
    "ce-specversion": "1.0",
    "ce-id": headerText(id),
    "ce-source": source,
    "ce-time": time,
    "ce-recordedtime": time,
    "ce-inferenceservicename": headerText(model),
    "ce-namespace": team,
    "ce-component": "predictor",
    "ce-endpoint": "default",
    "ce-metadata": headerText(JSON.stringify({ version })),
  };
  const head = `"model_name":${JSON.stringify(model)},"model_version":"${version}"`;
  return [
    {
      headers: { ...common, "ce-type": predictionEventTypes.request },
      body: `{"id":${JSON.stringify(id)},"inputs":${inputs}}`,
    },
    {
      headers: { ...common, "ce-type": predictionEventTypes.response },
      body: `{${head},"id":${JSON.stringify(id)},"outputs":${outputs}}`,
    },
  ];
}

/** Source: CloudEvents 1.0, "HTTP Protocol Binding", 3.1.3.2: what is no printable ASCII is percent-encoded, and `"` and `%`. */
function headerText(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(/[^!#$&-~]/gu, (character) =>
      [...Buffer.from(character)]
        .map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, "0")}`)
        .join(""),
    );
}
