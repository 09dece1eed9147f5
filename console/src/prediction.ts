import type { Tensor } from "./tensor.ts";

const rowLimit = 50;
const columnLimit = 12;

/** Outputs laid out for reading: a row for each input row, a column for each value of an output. */
export interface PredictionTable {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Tensor["data"][number][])[];
  /** What was left out, in words; null when everything is shown. */
  readonly left: string | null;
}

/** Lays outputs beside each other along their first dimension; an output with another first size starts again at row 1. */
export function layOut(outputs: readonly Tensor[]): PredictionTable {
  const parts = outputs.map(({ name, shape, data }) => {
    const [rows = 1] = shape;
    const width = rows === 0 ? 0 : data.length / rows;
    const shown = Math.min(width, columnLimit);
    const columns = Array.from({ length: shown }, (_, at) => (width === 1 ? name : `${name}[${at}]`));
    return { rows, width, shown, columns, data };
  });
  const height = Math.max(0, ...parts.map(({ rows }) => rows));
  const rows = Array.from({ length: Math.min(height, rowLimit) }, (_, row) =>
    parts.flatMap(({ width, shown, data }) =>
      Array.from({ length: shown }, (_, at) => data[row * width + at] ?? ""),
    ),
  );
  const left = [
    ...(height > rowLimit ? [`${height - rowLimit} more rows`] : []),
    ...parts.flatMap(({ width, shown }, at) =>
      width > shown ? [`${width - shown} more values of ${outputs[at]?.name}`] : [],
    ),
  ];
  return {
    columns: parts.flatMap(({ columns }) => columns),
    rows,
    left: left.length === 0 ? null : left.join(", "),
  };
}
