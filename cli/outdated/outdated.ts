import type { CatalogChart } from "@bedplate/components/catalog";
import { newest } from "./newest.ts";
import { openPublished, type Source } from "./published.ts";

/** What was found about a chart of the catalog. */
export interface ChartFinding {
  /** Its name in the catalog. */
  readonly chart: string;
  readonly pinned: string;
  /** The newest version that is newer; null where there is none, or where nobody said. */
  readonly newest: string | null;
  readonly state: "current" | "newer" | "unanswered" | "unpublished";
  /** Repository, registry or folder that was asked; null where nobody publishes the chart. */
  readonly source: string | null;
  /** Why there is no answer; null where there is one. */
  readonly reason: string | null;
}

export interface OutdatedOptions {
  /** In place of the charts' own repositories, as `bedplate:chartMirror`. */
  readonly chartMirror?: string | undefined;
  readonly withinSeconds: number;
}

/** Questions under way at once. */
const width = 8;

const trimmed = (address: string) => address.replace(/\/+$/, "");

function sourceOf({ repo, chart }: CatalogChart, chartMirror: string | undefined): Source | undefined {
  const from = trimmed(chartMirror ?? repo);
  if (from === "none") return undefined;
  if (from.startsWith("oci://")) {
    const [host = "", ...path] = from.slice("oci://".length).split("/");
    return { kind: "registry", host, repository: [...path, chart].join("/") };
  }
  if (/^https?:\/\//.test(from)) return { kind: "repository", address: from, chart };
  return { kind: "folder", path: from, chart };
}

const nameOf = (source: Source) =>
  source.kind === "registry"
    ? `oci://${source.host}/${source.repository}`
    : source.kind === "folder"
      ? source.path
      : source.address;

/** Looks for newer versions of charts. What does not answer is a finding too, never an error. */
export async function findOutdated(
  charts: Readonly<Record<string, CatalogChart>>,
  { chartMirror, withinSeconds }: OutdatedOptions,
): Promise<ChartFinding[]> {
  const published = openPublished(withinSeconds);
  const look = async ([name, entry]: readonly [string, CatalogChart]): Promise<ChartFinding> => {
    const found = { chart: name, pinned: entry.version, newest: null, reason: null };
    const source = sourceOf(entry, chartMirror);
    if (source === undefined) return { ...found, state: "unpublished", source: null };
    try {
      const newer = newest(entry.version, await published(source));
      return {
        ...found,
        newest: newer ?? null,
        state: newer === undefined ? "current" : "newer",
        source: nameOf(source),
      };
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      return { ...found, state: "unanswered", source: nameOf(source), reason };
    }
  };
  const waiting = Object.entries(charts);
  const findings: ChartFinding[] = [];
  const worker = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift())
      findings.push(await look(next));
  };
  await Promise.all(Array.from({ length: width }, worker));
  return findings.sort((a, b) => a.chart.localeCompare(b.chart));
}
