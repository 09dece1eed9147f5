import type { LineageEdge, LineageGraph, LineageNode, lineageDirections } from "@bedplate/contract";
import { type LineageThing, nodeId, parseNodeId } from "../domain/lineage-node.ts";
import type { Database } from "./database.ts";
import { isExperimentSeen, isModelSeen, isSeen, type Sight } from "./team-sight.ts";

export interface GraphQuery {
  readonly node: string;
  /** Edges from the node that was asked for. */
  readonly depth: number;
  readonly direction: (typeof lineageDirections)[number];
  /** Most nodes of an answer. */
  readonly nodeLimit: number;
  /** The alias whose version is served. */
  readonly servingAlias: string;
  /** For whom it is; who sees every team where it is left out. */
  readonly sight?: Sight;
}

type Way = "upstream" | "downstream";

/** Who reads, and how many edges at most at a time. */
interface Reader {
  readonly db: Database;
  readonly sight: Sight;
  readonly limit: number;
}

/**
 * Walks from a node along the edges, at most `depth` of them and at most `nodeLimit` nodes; a node is visited once, so
 * that circles end. Upstream and downstream are walked apart: what else an ancestor led to is not part of the answer.
 */
export async function exploreGraph(db: Database, query: GraphQuery): Promise<LineageGraph> {
  const reader = { db, sight: query.sight ?? null, limit: query.nodeLimit + 1 };
  const start = nodeId(parseNodeId(query.node));
  const seen = new Set([start]);
  const edges = new Map<string, LineageEdge>();
  let truncated = false;
  const ways: readonly Way[] = query.direction === "both" ? ["upstream", "downstream"] : [query.direction];
  for (const way of ways) {
    const visited = new Set([start]);
    let frontier: readonly string[] = [start];
    for (let step = 0; frontier.length > 0; step++) {
      const found = await neighbours(reader, frontier, way);
      if (found.length > query.nodeLimit) truncated = true;
      const next = new Set<string>();
      for (const edge of found) {
        const other = way === "upstream" ? edge.from : edge.to;
        const isNew = !visited.has(other);
        if (isNew && (step >= query.depth || (!seen.has(other) && seen.size >= query.nodeLimit))) {
          truncated = true;
          continue;
        }
        edges.set(JSON.stringify([edge.from, edge.to]), edge);
        if (!isNew) continue;
        visited.add(other);
        seen.add(other);
        next.add(other);
      }
      frontier = [...next];
    }
  }
  const nodes = await describeNodes(reader, [...seen], query.servingAlias);
  return { node: start, depth: query.depth, nodes: [...nodes], edges: [...edges.values()], truncated };
}

type Things<K extends LineageThing["kind"]> = readonly Extract<LineageThing, { kind: K }>[];

function ofKind<K extends LineageThing["kind"]>(ids: readonly string[], kind: K): Things<K> {
  return ids
    .filter((id) => id.startsWith(`${kind}:`))
    .map(parseNodeId)
    .filter((thing): thing is Things<K>[number] => thing.kind === kind);
}

/** The edges that end (upstream) or begin (downstream) at the nodes: stored ones, and those that the registry implies. */
async function neighbours(reader: Reader, ids: readonly string[], way: Way): Promise<readonly LineageEdge[]> {
  const { db, sight, limit } = reader;
  const stored = await db
    .selectFrom("lineage_edges")
    .select(["source as from", "target as to"])
    .distinct()
    .where(isSeen(sight, "team"))
    .where(way === "upstream" ? "target" : "source", "in", ids)
    .orderBy("source")
    .orderBy("target")
    .limit(limit)
    .execute();
  const implied = way === "upstream" ? await before(reader, ids) : await after(reader, ids);
  return [...stored, ...implied];
}

const versionNode = (model: string, version: number) => nodeId({ kind: "model-version", model, version });
const aliasNode = (model: string, alias: string) => nodeId({ kind: "alias", model, alias });
const runNode = (runId: string) => nodeId({ kind: "run", runId });

async function before({ db, sight, limit }: Reader, ids: readonly string[]): Promise<readonly LineageEdge[]> {
  const edges: LineageEdge[] = [];
  const aliases = ofKind(ids, "alias");
  if (aliases.length > 0) {
    const rows = await db
      .selectFrom("model_aliases")
      .selectAll()
      .where(isModelSeen(sight, "name"))
      .where((eb) => eb.or(aliases.map((one) => eb.and({ name: one.model, alias: one.alias }))))
      .limit(limit)
      .execute();
    for (const row of rows) {
      edges.push({ from: versionNode(row.name, row.version), to: aliasNode(row.name, row.alias) });
    }
  }
  const versions = ofKind(ids, "model-version");
  if (versions.length > 0) {
    const rows = await db
      .selectFrom("model_versions")
      .select(["name", "version", "run_id"])
      .where(isModelSeen(sight, "name"))
      .where((eb) => eb.or(versions.map((one) => eb.and({ name: one.model, version: one.version }))))
      .where("run_id", "!=", "")
      .limit(limit)
      .execute();
    for (const row of rows) edges.push({ from: runNode(row.run_id), to: versionNode(row.name, row.version) });
  }
  return edges;
}

async function after({ db, sight, limit }: Reader, ids: readonly string[]): Promise<readonly LineageEdge[]> {
  const edges: LineageEdge[] = [];
  const runs = ofKind(ids, "run");
  if (runs.length > 0) {
    const rows = await db
      .selectFrom("model_versions")
      .select(["name", "version", "run_id"])
      .where(isModelSeen(sight, "name"))
      .where(
        "run_id",
        "in",
        runs.map((one) => one.runId),
      )
      .where("run_id", "!=", "")
      .orderBy("name")
      .orderBy("version")
      .limit(limit)
      .execute();
    for (const row of rows) edges.push({ from: runNode(row.run_id), to: versionNode(row.name, row.version) });
  }
  const versions = ofKind(ids, "model-version");
  if (versions.length > 0) {
    const rows = await db
      .selectFrom("model_aliases")
      .selectAll()
      .where(isModelSeen(sight, "name"))
      .where((eb) => eb.or(versions.map((one) => eb.and({ name: one.model, version: one.version }))))
      .orderBy("alias")
      .limit(limit)
      .execute();
    for (const row of rows) {
      edges.push({ from: versionNode(row.name, row.version), to: aliasNode(row.name, row.alias) });
    }
  }
  return edges;
}

async function describeNodes(
  { db, sight }: Reader,
  ids: readonly string[],
  servingAlias: string,
): Promise<readonly LineageNode[]> {
  const stored = await db
    .selectFrom("lineage_nodes")
    .select(["id", "facts"])
    .where("id", "in", ids)
    .where(isSeen(sight, "team"))
    .orderBy("updated_at")
    .execute();
  const factsOf = new Map<string, Record<string, string>>();
  for (const { id, facts } of stored) factsOf.set(id, { ...factsOf.get(id), ...facts });
  const runs = ofKind(ids, "run").map((one) => one.runId);
  const known =
    runs.length === 0
      ? []
      : await db
          .selectFrom("runs")
          .select(["run_id", "name", "status", "experiment_id"])
          .where("run_id", "in", runs)
          .where(isExperimentSeen(sight, "experiment_id"))
          .execute();
  const runOf = new Map(known.map((row) => [row.run_id, row]));
  return ids.map((id) => {
    const thing = parseNodeId(id);
    const facts = factsOf.get(id) ?? {};
    const run = thing.kind === "run" ? runOf.get(thing.runId) : undefined;
    if (run === undefined) {
      const served = thing.kind === "alias" && thing.alias === servingAlias ? { served: "true" } : {};
      return { id, kind: thing.kind, label: labelOf(thing), facts: { ...facts, ...served } };
    }
    const told = { ...facts, status: run.status, experimentId: String(run.experiment_id) };
    return { id, kind: thing.kind, label: run.name, facts: told };
  });
}

function labelOf(thing: LineageThing): string {
  switch (thing.kind) {
    case "dataset":
    case "job":
      return `${thing.namespace}/${thing.name}`;
    case "run":
      return thing.runId;
    case "model-version":
      return `${thing.model} version ${thing.version}`;
    case "alias":
      return `${thing.model}@${thing.alias}`;
  }
}
