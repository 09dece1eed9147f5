/** What a copy is made of, in the order in which it is copied. */
export const kinds = [
  "experiments",
  "runs",
  "loggedModels",
  "files",
  "registeredModels",
  "modelVersions",
  "aliases",
] as const;
export type Kind = (typeof kinds)[number];

interface Note {
  readonly what: string;
  readonly reason: string;
}

interface Count {
  /** Made now; in a dry run: what would be made. */
  readonly made: number;
  /** Was there in part or differed, and was completed. */
  readonly changed: number;
  /** Was there already, as it should be. */
  readonly there: number;
}

/** What a copy did. `notes` are cut at their limit; the counts beside them are not. */
export interface CopyReport {
  readonly from: string;
  readonly to: string;
  readonly dryRun: boolean;
  readonly counts: Readonly<Record<Kind, Count>>;
  readonly bytes: number;
  readonly skipped: { readonly count: number; readonly notes: readonly Note[] };
  readonly failed: { readonly count: number; readonly notes: readonly Note[] };
}

/** Reasons that are kept, so that a report stays readable and memory flat. */
const noteLimit = 200;

/** Collects what a copy does. */
export function createReport(head: Pick<CopyReport, "from" | "to" | "dryRun">) {
  const counts = Object.fromEntries(kinds.map((kind) => [kind, { made: 0, changed: 0, there: 0 }])) as Record<
    Kind,
    Record<keyof Count, number>
  >;
  const lists = { skipped: { count: 0, notes: [] as Note[] }, failed: { count: 0, notes: [] as Note[] } };
  let bytes = 0;
  const note = (list: keyof typeof lists, what: string, reason: string) => {
    lists[list].count += 1;
    if (lists[list].notes.length < noteLimit) lists[list].notes.push({ what, reason });
  };
  return {
    count: (kind: Kind, outcome: keyof Count) => {
      counts[kind][outcome] += 1;
    },
    addBytes: (more: number) => {
      bytes += more;
    },
    /** What is left out on purpose, or cannot be copied. */
    skip: (what: string, reason: string) => note("skipped", what, reason),
    /** What a later run may do better. */
    fail: (what: string, reason: string) => note("failed", what, reason),
    /** How far it is, in a few words. */
    sum: () => `${sumOf(counts.runs)} runs, ${sumOf(counts.files)} files (${megabytes(bytes)})`,
    read: (): CopyReport => ({ ...head, counts, bytes, ...lists }),
  };
}

const sumOf = ({ made, changed, there }: Count) => made + changed + there;
const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;

export type ReportWriter = ReturnType<typeof createReport>;

const names: Readonly<Record<Kind, string>> = {
  experiments: "experiments",
  runs: "runs",
  loggedModels: "logged models",
  files: "files",
  registeredModels: "registered models",
  modelVersions: "model versions",
  aliases: "aliases",
};

/** A report for people. */
export function describeReport(report: CopyReport): string {
  const lines = kinds.map((kind) => {
    const { made, changed, there } = report.counts[kind];
    const size = kind === "files" ? ` (${megabytes(report.bytes)})` : "";
    return `  ${names[kind].padEnd(18)}${made} ${report.dryRun ? "to make" : "made"}${size}, ${changed} ${
      report.dryRun ? "to complete" : "completed"
    }, ${there} there already`;
  });
  return [
    `${report.dryRun ? "Would copy" : "Copied"} ${report.from} to ${report.to}:`,
    ...lines,
    ...describeNotes("Skipped", report.skipped),
    ...describeNotes("Failed", report.failed),
  ].join("\n");
}

function describeNotes(title: string, { count, notes }: CopyReport["skipped"]): readonly string[] {
  if (count === 0) return [];
  const more = count > notes.length ? [`  and ${count - notes.length} more`] : [];
  return [`${title}: ${count}`, ...notes.map(({ what, reason }) => `  ${what}: ${reason}`), ...more];
}
