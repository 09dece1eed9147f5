import type { LineageEdge, LineageEvent } from "@bedplate/contract";
import { fitsGraph, nodeId } from "./lineage-node.ts";
import { Problem } from "./problem.ts";

/** What an event adds to the graph. */
export interface LineageFacts {
  readonly nodes: ReadonlyMap<string, Readonly<Record<string, string>>>;
  readonly edges: readonly LineageEdge[];
}

const textLimit = 500;

/**
 * Reads nodes and edges from an event; facets are looked at for the parent run only. Throws INVALID_REQUEST for a
 * namespace and name that are too long together.
 */
export function factsOf(event: LineageEvent): LineageFacts {
  const facts = read(event);
  const long = [...facts.nodes.keys()].find((id) => !fitsGraph(id));
  if (long === undefined) return facts;
  throw new Problem(
    "INVALID_REQUEST",
    `The namespace and name of "${long.slice(0, 100)}…" have more than 1000 characters together, percent-encoded.`,
  );
}

/** As `factsOf`, without what is too long: an event of our own is never refused. */
export function fittingFacts(event: LineageEvent): LineageFacts {
  const { nodes, edges } = read(event);
  return {
    nodes: new Map([...nodes].filter(([id]) => fitsGraph(id))),
    edges: edges.filter(({ from, to }) => fitsGraph(from) && fitsGraph(to)),
  };
}

function read(event: LineageEvent): LineageFacts {
  const nodes = new Map<string, Readonly<Record<string, string>>>();
  const edges: LineageEdge[] = [];
  const dataset = (one: { readonly namespace: string; readonly name: string }) => {
    const id = nodeId({ kind: "dataset", namespace: one.namespace, name: one.name });
    nodes.set(id, {});
    return id;
  };
  if (event.job === undefined) {
    if ("dataset" in event && isNamed(event.dataset)) dataset(event.dataset);
    return { nodes, edges };
  }
  const job = nodeId({ kind: "job", namespace: event.job.namespace, name: event.job.name });
  nodes.set(job, {});
  let middle = job;
  if (event.run !== undefined) {
    middle = nodeId({ kind: "run", runId: event.run.runId });
    const state = event.eventType ?? null;
    const telling = state !== null && state !== "OTHER";
    nodes.set(middle, {
      job: `${event.job.namespace}/${event.job.name}`.slice(0, textLimit),
      ...(telling ? { state } : {}),
    });
    edges.push({ from: job, to: middle });
    const parent = parentOf(event.run.facets);
    if (parent !== null) edges.push({ from: nodeId({ kind: "run", runId: parent }), to: middle });
  }
  for (const one of event.inputs ?? []) edges.push({ from: dataset(one), to: middle });
  for (const one of event.outputs ?? []) edges.push({ from: middle, to: dataset(one) });
  return { nodes, edges: edges.filter(({ from, to }) => from !== to) };
}

function isNamed(value: unknown): value is { readonly namespace: string; readonly name: string } {
  return typeof value === "object" && value !== null && "namespace" in value && "name" in value;
}

/** Source: OpenLineage `ParentRunFacet`. */
function parentOf(facets: Readonly<Record<string, object>> | null | undefined): string | null {
  const facet: Readonly<Record<string, unknown>> = { ...facets?.parent };
  const run = facet.run;
  if (typeof run !== "object" || run === null || !("runId" in run)) return null;
  return typeof run.runId === "string" && run.runId.length <= textLimit ? run.runId : null;
}
