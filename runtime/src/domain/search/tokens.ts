import { Problem } from "../problem.ts";

/** A piece of a filter. `word` keeps its dots, so that `tags.mlflow.user` is one word. */
export interface Token {
  readonly kind: "word" | "text" | "quoted" | "number" | "operator" | "mark";
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

const lengthLimit = 100_000;
const operators = ["!=", "<>", "<=", ">=", "==", "=", "<", ">"];
const isSpace = (c: string) => c === " " || c === "\t" || c === "\n" || c === "\r";
const isDigit = (c: string) => c >= "0" && c <= "9";
const isWordStart = (c: string) =>
  (c >= "a" && c <= "z") || (c >= "A" && c <= "Z") || c === "_" || c > "\x7f";
const isWordPart = (c: string) => isWordStart(c) || isDigit(c) || c === ".";

/**
 * Cuts a filter into tokens in one pass, in time proportional to its length.
 * Text stands in single or double quotes, a quote inside is doubled; keys may stand in backticks or double quotes.
 * Source: MLflow's documentation of its search syntax.
 */
export function tokenize(filter: string): readonly Token[] {
  if (filter.length > lengthLimit) {
    throw new Problem(
      "INVALID_REQUEST",
      `A filter may have ${lengthLimit} characters; this one has ${filter.length}.`,
    );
  }
  const tokens: Token[] = [];
  let at = 0;
  while (at < filter.length) {
    const c = filter.charAt(at);
    if (isSpace(c)) {
      at += 1;
      continue;
    }
    const token = readToken(filter, at, c);
    tokens.push(token);
    at = token.end;
  }
  return tokens;
}

function readToken(filter: string, start: number, c: string): Token {
  if (c === "'" || c === '"' || c === "`") return readQuoted(filter, start, c);
  if (isWordStart(c)) return readWhile(filter, start, "word", isWordPart);
  if (c === "(" || c === ")" || c === ",") return { kind: "mark", text: c, start, end: start + 1 };
  const operator = operators.find((candidate) => filter.startsWith(candidate, start));
  if (operator !== undefined)
    return { kind: "operator", text: operator, start, end: start + operator.length };
  const number = readNumber(filter, start);
  if (number !== null) return number;
  throw new Problem(
    "INVALID_REQUEST",
    `Invalid clause(s) in filter string: '${filter.slice(start, start + 40)}'`,
  );
}

function readWhile(
  filter: string,
  start: number,
  kind: Token["kind"],
  belongs: (c: string) => boolean,
): Token {
  let end = start;
  while (end < filter.length && belongs(filter.charAt(end))) end += 1;
  return { kind, text: filter.slice(start, end), start, end };
}

function readQuoted(filter: string, start: number, quote: string): Token {
  let text = "";
  let from = start + 1;
  for (;;) {
    const to = filter.indexOf(quote, from);
    if (to < 0) {
      throw new Problem(
        "INVALID_REQUEST",
        `Invalid filter string: the ${quote} at position ${start + 1} is not closed.`,
      );
    }
    text += filter.slice(from, to);
    if (filter.charAt(to + 1) !== quote) {
      return { kind: quote === "`" ? "quoted" : "text", text, start, end: to + 1 };
    }
    text += quote;
    from = to + 2;
  }
}

/** A decimal number with optional sign, fraction and exponent. */
function readNumber(filter: string, start: number): Token | null {
  let end = start;
  const skipDigits = () => {
    const before = end;
    while (end < filter.length && isDigit(filter.charAt(end))) end += 1;
    return end > before;
  };
  if (filter.charAt(end) === "-" || filter.charAt(end) === "+") end += 1;
  const whole = skipDigits();
  let fraction = false;
  if (filter.charAt(end) === ".") {
    end += 1;
    fraction = skipDigits();
  }
  if (!whole && !fraction) return null;
  if (filter.charAt(end).toLowerCase() === "e") {
    const mark = end;
    end += 1;
    if (filter.charAt(end) === "-" || filter.charAt(end) === "+") end += 1;
    if (!skipDigits()) end = mark;
  }
  return { kind: "number", text: filter.slice(start, end), start, end };
}
