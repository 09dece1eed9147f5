import { Problem } from "./problem.ts";

/** A thing of the lineage graph, by what names it. */
export type LineageThing =
  | { readonly kind: "dataset"; readonly namespace: string; readonly name: string }
  | { readonly kind: "job"; readonly namespace: string; readonly name: string }
  | { readonly kind: "run"; readonly runId: string }
  | { readonly kind: "model-version"; readonly model: string; readonly version: number }
  | { readonly kind: "alias"; readonly model: string; readonly alias: string };

/** Data sets of this namespace are model versions, named `<model>/<version>`: so foreign events tell of our models. */
export const modelNamespace = "bedplate://models";

/** Longest id of a node, so that an edge fits into an index of PostgreSQL. */
const idLimit = 1_000;

/** Each part is percent-encoded, so that a colon inside of a name is never one that divides. */
const parts = (...texts: string[]) => texts.map((text) => encodeURIComponent(text.toWellFormed())).join(":");

/** The id of a thing, the same for everybody who tells of it. */
export function nodeId(thing: LineageThing): string {
  switch (thing.kind) {
    case "dataset": {
      const version = thing.namespace === modelNamespace ? versionNamed(thing.name) : null;
      return version === null ? `dataset:${parts(thing.namespace, thing.name)}` : nodeId(version);
    }
    case "job":
      return `job:${parts(thing.namespace, thing.name)}`;
    case "run":
      return `run:${parts(normalRunId(thing.runId))}`;
    case "model-version":
      return `model-version:${parts(thing.model, String(thing.version))}`;
    case "alias":
      return `alias:${parts(thing.model, thing.alias)}`;
  }
}

/** Reads the name that OpenLineage has for one of our versions. */
function versionNamed(name: string): LineageThing | null {
  const match = /^(.+)\/([1-9][0-9]{0,8})$/s.exec(name);
  const [, model, version] = match ?? [];
  return model === undefined || version === undefined
    ? null
    : { kind: "model-version", model, version: Number(version) };
}

/** Whether the graph can hold a node of this id. */
export const fitsGraph = (id: string): boolean => id.length <= idLimit;

/** What a run of MLflow reads, as edges; a name that is too long for the graph is left out of it. */
export function datasetEdges(
  runId: string,
  datasets: readonly { readonly name: string; readonly source: string }[],
): readonly { readonly from: string; readonly to: string }[] {
  const to = nodeId({ kind: "run", runId });
  return datasets
    .map((dataset) => ({ from: nodeId({ kind: "dataset", ...datasetName(dataset) }), to }))
    .filter(({ from }) => fitsGraph(from));
}

/** Reads what `nodeId` wrote. Throws INVALID_REQUEST with the spellings that there are. */
export function parseNodeId(id: string): LineageThing {
  const [kind, first, second, ...rest] = id.split(":").map(decode);
  if (rest.length === 0 && first !== undefined && first !== "") {
    if (kind === "run" && second === undefined) return { kind, runId: normalRunId(first) };
    if (second !== undefined && second !== "") {
      if (kind === "dataset" || kind === "job") return { kind, namespace: first, name: second };
      if (kind === "alias") return { kind, model: first, alias: second };
      if (kind === "model-version" && /^[1-9][0-9]{0,8}$/.test(second)) {
        return { kind, model: first, version: Number(second) };
      }
    }
  }
  throw new Problem(
    "INVALID_REQUEST",
    `There is no node "${id.slice(0, 200)}". Write dataset:<namespace>:<name>, job:<namespace>:<name>, run:<id>, ` +
      "model-version:<model>:<version> or alias:<model>:<alias>, each part percent-encoded.",
  );
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return "";
  }
}

/** OpenLineage writes run ids as UUIDs, MLflow the same 32 digits without dashes. */
export function normalRunId(id: string): string {
  const digits = id.replaceAll("-", "").toLowerCase();
  return /^[0-9a-f]{32}$/.test(digits) ? digits : id;
}

/** The UUID that names a run of MLflow outside. */
export function uuidOf(runId: string): string {
  const id = normalRunId(runId);
  return [id.slice(0, 8), id.slice(8, 12), id.slice(12, 16), id.slice(16, 20), id.slice(20)].join("-");
}

interface NamedDataset {
  readonly namespace: string;
  readonly name: string;
}

/**
 * What OpenLineage calls a data set that was logged with MLflow, so that a pipeline that writes a file and a run that
 * reads it meet in one node: by the address in its source where that has one, else by its name.
 * Source: OpenLineage naming conventions (object stores by bucket, files by path).
 */
export function datasetName(dataset: { readonly name: string; readonly source: string }): NamedDataset {
  return addressName(addressOf(dataset.source)) ?? { namespace: "mlflow", name: dataset.name };
}

function addressOf(source: string): string | null {
  let told: unknown = source;
  try {
    told = JSON.parse(source);
  } catch {
    // Clients of other languages send the address itself.
  }
  if (typeof told === "string") return told;
  if (typeof told !== "object" || told === null) return null;
  const fields: Record<string, unknown> = { ...told };
  const found = [fields.uri, fields.url, fields.path].find((one) => typeof one === "string" && one !== "");
  return typeof found === "string" ? found : null;
}

function addressName(address: string | null): NamedDataset | null {
  const match = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)\/?([^?#]*)/i.exec(address ?? "");
  if (match !== null) {
    const [, scheme = "", authority = "", path = ""] = match;
    if (scheme.toLowerCase() === "file") return path === "" ? null : { namespace: "file", name: `/${path}` };
    // A password in an address is nobody's name.
    const host = authority.slice(authority.lastIndexOf("@") + 1);
    if (host === "") return null;
    return { namespace: `${scheme.toLowerCase().replace(/^s3[an]$/, "s3")}://${host}`, name: path || "/" };
  }
  return address?.startsWith("/") ? { namespace: "file", name: address } : null;
}
