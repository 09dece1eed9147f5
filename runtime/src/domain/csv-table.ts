import type { TensorSpec } from "@bedplate/contract";
import type { Table } from "./predict-rows.ts";
import { Problem } from "./problem.ts";

/** Widest table that is read. */
const columnLimit = 10_000;

/**
 * Reads comma-separated values whose first line names the columns. Source: RFC 4180.
 * Throws MALFORMED_BODY for rows of different lengths and for quotes that do not end.
 */
export function readCsv(text: string): Table {
  const [columns, ...rows] = linesOf(text);
  if (columns === undefined) throw new Problem("MALFORMED_BODY", "The first line must name the columns.");
  if (columns.length > columnLimit) {
    throw new Problem("MALFORMED_BODY", `There are ${columns.length} columns; the limit is ${columnLimit}.`);
  }
  const ragged = rows.findIndex((row) => row.length !== columns.length);
  if (ragged >= 0) {
    throw new Problem(
      "MALFORMED_BODY",
      `Row ${ragged + 1} has ${rows[ragged]?.length} values, the first line names ${columns.length} columns.`,
    );
  }
  return { columns, rows };
}

function linesOf(text: string): string[][] {
  const lines: string[][] = [];
  let line: string[] = [];
  let at = 0;
  while (at < text.length) {
    const quoted = text[at] === '"';
    const end = quoted ? endOfQuoted(text, at) : endOfPlain(text, at);
    const value = text.slice(at, end);
    line.push(quoted ? value.slice(1, -1).replaceAll('""', '"') : value);
    at = end;
    if (text[at] === ",") {
      at++;
      // A comma at the very end stands before one more empty value.
      if (at === text.length || text[at] === "\n" || text[at] === "\r") line.push("");
      else continue;
    }
    if (text.startsWith("\r\n", at)) at += 2;
    else if (at < text.length) at++;
    lines.push(line);
    line = [];
  }
  return lines;
}

function endOfPlain(text: string, start: number): number {
  let at = start;
  while (at < text.length && text[at] !== "," && text[at] !== "\n" && text[at] !== "\r") at++;
  return at;
}

function endOfQuoted(text: string, start: number): number {
  let at = start + 1;
  for (;;) {
    const end = text.indexOf('"', at);
    if (end < 0) throw new Problem("MALFORMED_BODY", "A quoted value does not end.");
    if (text[end + 1] !== '"') {
      const next = text[end + 1];
      if (next === undefined || next === "," || next === "\n" || next === "\r") return end + 1;
      throw new Problem(
        "MALFORMED_BODY",
        "After a quoted value there must be a comma or the end of the line.",
      );
    }
    at = end + 2;
  }
}

const number = /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i;
const notFinite: Readonly<Record<string, string>> = {
  "": "NaN",
  nan: "NaN",
  inf: "Infinity",
  infinity: "Infinity",
  "-inf": "-Infinity",
  "-infinity": "-Infinity",
};

/** A value's text as what JSON would carry for the datatype; text that is none stays as it is, to be refused. */
export function cellOf(value: unknown, datatype: TensorSpec["datatype"]): unknown {
  if (typeof value !== "string" || datatype === "BYTES") return value;
  const text = value.trim();
  if (datatype === "BOOL") return /^true$/i.test(text) ? true : /^false$/i.test(text) ? false : value;
  if (datatype === "INT64" || datatype === "UINT64") return text;
  if (number.test(text)) return Number(text);
  return datatype.startsWith("FP") ? (notFinite[text.toLowerCase()] ?? value) : value;
}
