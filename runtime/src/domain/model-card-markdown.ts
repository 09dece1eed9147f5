import type { ModelCard } from "@bedplate/contract";

/** A card as Markdown (CommonMark with tables). Whatever people or clients wrote is text, never markup. */
export function writeMarkdown(card: ModelCard): string {
  const blocks = [
    `# ${inline(card.model)}, version ${card.version}`,
    paragraphs(card.description),
    facts(card),
    ...prose(card),
    ...table("Data sets", ["Name", "Digest", "Use", "Source"], card.datasets, (one) => [
      one.name,
      one.digest,
      one.context ?? "",
      `${one.sourceType} ${one.source}`.slice(0, cellLimit),
    ]),
    ...table("Parameters", ["Name", "Value"], card.parameters, (one) => [
      one.key,
      one.value.slice(0, cellLimit),
    ]),
    ...table("Metrics", ["Name", "Value", "Step"], card.metrics, (one) => [
      one.key,
      number(one.value),
      String(one.step),
    ]),
    ...table("Evaluation", ["Name", "Value", "Data set", "Digest"], card.evaluation, (one) => [
      one.key,
      number(one.value),
      one.dataset,
      one.digest,
    ]),
    ...tensors("Inputs", card.interface?.inputs ?? []),
    ...tensors("Outputs", card.interface?.outputs ?? []),
    ...table("Files", ["Path", "SHA-256", "Bytes"], card.artifacts, (one) => [
      one.path,
      one.digest,
      String(one.size),
    ]),
    ...signatures(card),
    ...table("History", ["When", "Who", "What", "Comment"], card.history, (one) => [
      time(one.at),
      one.actor,
      one.what,
      one.comment,
    ]),
    ...table("Approvals", ["When", "Who", "Decision", "Reason"], card.approvals, (one) => [
      time(one.at),
      one.actor,
      one.decision,
      one.comment,
    ]),
    ...lineage(card),
    ...table("Missing", ["Part", "What to do"], card.missing, (one) => [one.part, one.todo]),
  ];
  return `${blocks.filter((block) => block !== "").join("\n\n")}\n`;
}

const cellLimit = 500;

/** Characters that mean something inside of a line; HTML's become entities, the others get a backslash. */
const entities: Readonly<Record<string, string>> = { "<": "&lt;", ">": "&gt;", "&": "&amp;", '"': "&quot;" };

/** Text within one line. */
function inline(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, " ")
    .replaceAll(/[<>&"]/g, (character) => entities[character] ?? "")
    .replaceAll(/[\\`*_[\]#|~!$]/g, (character) => `\\${character}`)
    .trim();
}

/** Text of several lines: an empty line divides paragraphs, and nothing at a line's start makes a list or a heading. */
function paragraphs(text: string): string {
  return text
    .split(/\r\n|\r|\n/)
    .map((line) => inline(line).replace(/^([-+=:]|\d+(?=[.)]))/, (start) => escapeStart(start)))
    .map((line) => line.replace(/^(\d+)([.)])/, "$1\\$2"))
    .join("\n")
    .replaceAll(/\n{3,}/g, "\n\n")
    .trim();
}

const escapeStart = (start: string) => (/^\d/.test(start) ? start : `\\${start}`);

const number = (value: number | null) => (value === null ? "NaN" : String(value));
const time = (at: number) => new Date(at).toISOString();

function table<T>(
  title: string,
  columns: readonly string[],
  rows: readonly T[],
  cells: (row: T) => readonly string[],
): readonly string[] {
  if (rows.length === 0) return [];
  const line = (texts: readonly string[]) => `| ${texts.join(" | ")} |`;
  return [
    `## ${title}`,
    [
      line(columns),
      line(columns.map(() => "---")),
      ...rows.map((row) => line(cells(row).map((cell) => inline(cell)))),
    ].join("\n"),
  ];
}

function list(entries: readonly (readonly [string, string | null])[]): string {
  return entries
    .filter(([, text]) => text !== null && text.trim() !== "")
    .map(([name, text]) => `- ${name}: ${inline(text ?? "")}`)
    .join("\n");
}

function facts(card: ModelCard): string {
  const { run, sections } = card;
  return list([
    ["Aliases", card.aliases.join(", ")],
    ["Owner", sections.owner],
    ["Licence", sections.licence],
    ["Registered", `${time(card.createdAt)} by ${card.createdBy || "unknown"}`],
    ["Source", card.source],
    ["Run", run === null ? null : `${run.name} (${run.id}), ${run.status}`],
    ["Run by", run?.user ?? null],
    ["Program", run?.sourceName ?? null],
    ["Commit", run?.sourceCommit ?? null],
  ]);
}

function prose({ sections }: ModelCard): readonly string[] {
  return (
    [
      ["Intended use", sections.intendedUse],
      ["Limitations", sections.limitations],
      ["Ethical considerations", sections.ethicalConsiderations],
    ] as const
  ).flatMap(([title, text]) => {
    const body = paragraphs(text);
    return body === "" ? [] : [`## ${title}`, body];
  });
}

function tensors(
  title: string,
  specs: readonly { readonly name: string; readonly datatype: string; readonly shape: readonly number[] }[],
) {
  return table(title, ["Name", "Type", "Shape"], specs, (one) => [
    one.name,
    one.datatype,
    one.shape.map((size) => (size < 0 ? "any" : String(size))).join(" × "),
  ]);
}

function signatures({ signature }: ModelCard): readonly string[] {
  const rows = table("Signatures", ["Key", "Made", "By", "Holds"], signature.signatures, (one) => [
    one.keyId,
    `${time(one.createdAt)} (${one.origin})`,
    one.createdBy,
    one.valid ? "yes" : `no. ${one.problems.join(" ")}`,
  ]);
  return rows;
}

function lineage({ lineage: { nodes, edges, truncated } }: ModelCard): readonly string[] {
  if (edges.length === 0) return [];
  const labels = new Map(nodes.map((node) => [node.id, node.label]));
  const rows = table("Lineage", ["From", "To"], edges, ({ from, to }) => [
    labels.get(from) ?? from,
    labels.get(to) ?? to,
  ]);
  return truncated ? [...rows, "There is more than is shown here."] : rows;
}
