import { checkDepth } from "../../domain/exact-json.ts";
import { Problem } from "../../domain/problem.ts";
import { checkTexts, visit } from "../../domain/storable-text.ts";

/** Shorter texts cannot be nested so deep that it costs anything. */
const flatLength = 10_000;
const depthLimit = 150;

const literals = ["-Infinity", "Infinity", "NaN"];
/** Bare literals that one body may hold; a batch has at most a thousand metrics. */
const literalLimit = 10_000;

const malformed = () =>
  new Problem(
    "MALFORMED_BODY",
    "The body is not JSON. Send a JSON object, with content-type: application/json.",
  );

/**
 * Reads a body as MLflow clients write it: JSON, with Python's bare `NaN` and `Infinity` too. Those become the texts by
 * which protobuf's JSON knows them. A null counts as absent, as in protobuf. Text that the database cannot hold is refused.
 */
export function parseBody(text: string): unknown {
  if (text.trim() === "") return {};
  if (text.length > flatLength) checkDepth(text, depthLimit);
  const value = parseTolerantly(text);
  if (text.includes("null")) dropNulls(value);
  if (text.includes("\\u")) checkTexts(value);
  return value;
}

function parseTolerantly(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    if (!literals.some((literal) => text.includes(literal))) throw malformed();
  }
  try {
    return JSON.parse(quoteLiterals(text));
  } catch {
    throw malformed();
  }
}

/** Puts quotes around the bare literals that stand outside of texts. */
function quoteLiterals(text: string): string {
  const parts: string[] = [];
  let from = 0;
  let at = 0;
  while (at < text.length) {
    const c = text.charAt(at);
    if (c === '"') {
      at = endOfText(text, at);
      continue;
    }
    const literal =
      c === "N" || c === "I" || c === "-" ? literals.find((each) => text.startsWith(each, at)) : undefined;
    if (literal === undefined) {
      at += 1;
      continue;
    }
    if (parts.length >= 2 * literalLimit) throw malformed();
    parts.push(text.slice(from, at), `"${literal}"`);
    at += literal.length;
    from = at;
  }
  parts.push(text.slice(from));
  return parts.join("");
}

function endOfText(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && text.charAt(at) !== '"') at += text.charAt(at) === "\\" ? 2 : 1;
  return at + 1;
}

function dropNulls(root: unknown): void {
  visit(root, (holder) => {
    if (Array.isArray(holder)) return;
    for (const key of Object.keys(holder)) if (holder[key] === null) delete holder[key];
  });
}
