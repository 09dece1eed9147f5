import { createHash } from "node:crypto";
import type { LineageRunEvent } from "@bedplate/contract";

/** A data set that one of our own runs read or made. */
export interface RunDataset {
  readonly namespace: string;
  readonly name: string;
  /** Digest of its content, where it is known. */
  readonly digest?: string;
}

/** A change of one of our own runs, before it is worded as OpenLineage. */
export interface RunChange {
  readonly type: "START" | "COMPLETE" | "FAIL" | "ABORT";
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly runId: string;
  readonly job: { readonly namespace: string; readonly name: string; readonly type: string };
  readonly parent?: { readonly runId: string; readonly namespace: string; readonly name: string };
  readonly inputs?: readonly RunDataset[];
  readonly outputs?: readonly RunDataset[];
}

const spec = "https://openlineage.io/spec";
const integration = "BEDPLATE";

/** Words a change as OpenLineage 2.0.2. `producer` is a URI that names this release. */
export function wordRunEvent(change: RunChange, producer: string): LineageRunEvent {
  const facet = (path: string, fields: object) => ({
    _producer: producer,
    _schemaURL: `${spec}/${path}`,
    ...fields,
  });
  const dataset = ({ namespace, name, digest }: RunDataset) => ({
    namespace,
    name,
    facets:
      digest === undefined || digest === ""
        ? {}
        : {
            version: facet("facets/1-0-1/DatasetVersionDatasetFacet.json", { datasetVersion: digest }),
          },
  });
  const { parent, job } = change;
  return {
    eventType: change.type,
    eventTime: new Date(change.time).toISOString(),
    run: {
      runId: change.runId,
      facets:
        parent === undefined
          ? {}
          : {
              parent: facet("facets/1-0-1/ParentRunFacet.json", {
                run: { runId: parent.runId },
                job: { namespace: parent.namespace, name: parent.name },
              }),
            },
    },
    job: {
      namespace: job.namespace,
      name: job.name,
      facets: {
        jobType: facet("facets/2-0-3/JobTypeJobFacet.json", {
          processingType: "BATCH",
          integration,
          jobType: job.type,
        }),
      },
    },
    inputs: (change.inputs ?? []).map(dataset),
    outputs: (change.outputs ?? []).map(dataset),
    producer,
    schemaURL: `${spec}/2-0-2/OpenLineage.json#/$defs/RunEvent`,
  };
}

/** A UUID that is always the same for the same text, made as version 8 of RFC 9562. */
export function stableUuid(text: string): string {
  const bytes = createHash("sha256").update(text).digest().subarray(0, 16);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x80, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = bytes.toString("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}
