import { Problem } from "../problem.ts";
import { type Token, tokenize } from "./tokens.ts";

export type Operator =
  | "="
  | "!="
  | "<"
  | "<="
  | ">"
  | ">="
  | "LIKE"
  | "ILIKE"
  | "IN"
  | "NOT IN"
  | "IS NULL"
  | "IS NOT NULL";

/** What stands right of an operator, as it was written. */
export type Operand =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "number"; readonly text: string }
  | { readonly kind: "list"; readonly items: readonly string[] }
  | { readonly kind: "none" };

/** A key as it was written: `metrics.accuracy` has the entity `metrics`; a bare key has none. */
export interface WrittenKey {
  readonly entity: string | null;
  readonly key: string;
}

export interface Comparison extends WrittenKey {
  readonly operator: Operator;
  readonly operand: Operand;
}

const comparisonLimit = 200;
const spellings: Record<string, Operator> = { "==": "=", "<>": "!=" };

const invalid = (rest: string) =>
  new Problem("INVALID_REQUEST", `Invalid clause(s) in filter string: '${rest.slice(0, 200)}'`);

/** Reads tokens from left to right. */
export function createReader(source: string) {
  const tokens = tokenize(source);
  let at = 0;
  const isKeyword = (token: Token | undefined, word: string) =>
    token?.kind === "word" && token.text.toUpperCase() === word;
  const refuse = (from = tokens[at]) => invalid(from === undefined ? source : source.slice(from.start));
  return {
    refuse,
    isAtEnd: () => at >= tokens.length,
    next(): Token {
      const token = tokens[at];
      if (token === undefined) throw refuse();
      at += 1;
      return token;
    },
    takeKeyword(word: string): boolean {
      if (!isKeyword(tokens[at], word)) return false;
      at += 1;
      return true;
    },
    takeMark(mark: string): boolean {
      const token = tokens[at];
      if (token?.kind !== "mark" || token.text !== mark) return false;
      at += 1;
      return true;
    },
    /** The next token when it follows the previous one without a space. */
    takeAdjacent(previous: Token): Token | null {
      const token = tokens[at];
      if (token === undefined || token.start !== previous.end) return null;
      at += 1;
      return token;
    },
  };
}

type Reader = ReturnType<typeof createReader>;

/** Comparisons joined by AND; an empty filter has none. Throws a `Problem` that names what could not be read. */
export function parseFilter(filter: string): readonly Comparison[] {
  const reader = createReader(filter);
  const comparisons: Comparison[] = [];
  if (reader.isAtEnd()) return comparisons;
  do {
    comparisons.push(readComparison(reader));
    if (comparisons.length > comparisonLimit) {
      throw new Problem("INVALID_REQUEST", `A filter may have ${comparisonLimit} comparisons.`);
    }
  } while (reader.takeKeyword("AND"));
  if (!reader.isAtEnd()) throw reader.refuse();
  return comparisons;
}

/** `entity.key`, where the key or what follows a dot in it may be quoted, or a bare key. */
export function readKey(reader: Reader): WrittenKey {
  const first = reader.next();
  if (first.kind === "quoted" || first.kind === "text") return { entity: null, key: first.text };
  if (first.kind !== "word") throw reader.refuse(first);
  const dot = first.text.indexOf(".");
  if (dot < 0) return { entity: null, key: first.text };
  const entity = first.text.slice(0, dot);
  const plain = first.text.slice(dot + 1);
  if (plain !== "" && !plain.endsWith(".")) return { entity, key: plain };
  const quoted = reader.takeAdjacent(first);
  if (quoted === null || (quoted.kind !== "quoted" && quoted.kind !== "text")) throw reader.refuse(first);
  return { entity, key: plain + quoted.text };
}

function readComparison(reader: Reader): Comparison {
  const key = readKey(reader);
  if (reader.takeKeyword("IS")) {
    const operator = reader.takeKeyword("NOT") ? "IS NOT NULL" : "IS NULL";
    if (!reader.takeKeyword("NULL")) throw reader.refuse();
    return { ...key, operator, operand: { kind: "none" } };
  }
  if (reader.takeKeyword("NOT")) {
    if (!reader.takeKeyword("IN")) throw reader.refuse();
    return { ...key, operator: "NOT IN", operand: readList(reader) };
  }
  if (reader.takeKeyword("IN")) return { ...key, operator: "IN", operand: readList(reader) };
  if (reader.takeKeyword("LIKE")) return { ...key, operator: "LIKE", operand: readOperand(reader) };
  if (reader.takeKeyword("ILIKE")) return { ...key, operator: "ILIKE", operand: readOperand(reader) };
  const token = reader.next();
  if (token.kind !== "operator") throw reader.refuse(token);
  const operator = spellings[token.text] ?? (token.text as Operator);
  return { ...key, operator, operand: readOperand(reader) };
}

function readOperand(reader: Reader): Operand {
  const token = reader.next();
  if (token.kind === "text") return { kind: "text", text: token.text };
  if (token.kind === "number") return { kind: "number", text: token.text };
  if (token.kind === "word") {
    throw new Problem(
      "INVALID_REQUEST",
      `Expected a quoted string value (e.g. 'my-value'). Got value ${token.text.slice(0, 200)}`,
    );
  }
  throw reader.refuse(token);
}

function readList(reader: Reader): Operand {
  if (!reader.takeMark("(")) throw reader.refuse();
  const items: string[] = [];
  do {
    const token = reader.next();
    if (token.kind !== "text" && token.kind !== "number") throw reader.refuse(token);
    items.push(token.text);
  } while (reader.takeMark(","));
  if (!reader.takeMark(")")) throw reader.refuse();
  return { kind: "list", items };
}
