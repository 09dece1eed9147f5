import { parseArgs } from "node:util";

/** How a benchmark is to be run. */
export interface Options {
  /** A first look: shorter rounds. */
  readonly isQuick: boolean;
  /** With what takes minutes to prepare: the million runs. */
  readonly isFull: boolean;
  /** Only the scenarios with these names; all when empty. */
  readonly only: readonly string[];
}

/** What a benchmark gives: figures beside a peer's, and figures that have a limit. */
export interface BenchResult {
  readonly name: string;
  readonly ratios: Readonly<Record<string, unknown>>;
  readonly limits: Readonly<Record<string, number>>;
  /** Figures that have neither peer nor limit. */
  readonly information: Readonly<Record<string, unknown>>;
}

export function readOptions(args: readonly string[]): { readonly name: string; readonly options: Options } {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      quick: { type: "boolean", default: false },
      full: { type: "boolean", default: false },
      only: { type: "string", default: "" },
      json: { type: "boolean", default: false },
    },
  });
  const [name = "", ...others] = positionals;
  if (others.length > 0) throw new Error(`one benchmark at a time, not also "${others.join(" ")}"`);
  if (values.quick && values.full) throw new Error("--quick and --full exclude each other");
  return {
    name,
    options: {
      isQuick: values.quick,
      isFull: values.full,
      only: values.only.split(",").filter((each) => each !== ""),
    },
  };
}

/** Tells a person how far it is; the result alone goes to the standard output. */
export function progress(text: string): void {
  process.stderr.write(`${text}\n`);
}
