import { Problem } from "./problem.ts";

/** Deepest nesting of a request; tensors have at most 32 dimensions, the objects around them five. */
const depthLimit = 64;
/** Whole numbers with fewer digits are held by a double exactly. */
const longDigits = 16;

/** Throws a `Problem` when a text that should be JSON is nested past any use; its levels cost memory when it is parsed. */
export function checkDepth(text: string, levels = depthLimit): void {
  if (scan(text, levels).isDeep) throw tooDeep(levels);
}

const tooDeep = (levels: number) =>
  new Problem("MALFORMED_BODY", `JSON may be nested ${levels} levels deep.`);

interface ReviverContext {
  readonly source?: string;
}
type ExactParse = (
  text: string,
  reviver: (key: string, value: unknown, context?: ReviverContext) => unknown,
) => unknown;

/**
 * Parses JSON without losing digits: whole numbers past 2^53 come as bigint.
 * Throws a `Problem` when the text is not JSON or is nested past any use. That is looked at before parsing, because
 * the parser's memory grows with each level; and so is whether there are long numbers at all, because keeping their
 * digits makes parsing many times slower.
 */
export function parseExactJson(text: string, levels = depthLimit): unknown {
  const { isDeep, hasLongNumber } = scan(text, levels);
  if (isDeep) throw tooDeep(levels);
  try {
    return hasLongNumber ? (JSON.parse as ExactParse)(text, revive) : JSON.parse(text);
  } catch (error) {
    const detail = error instanceof SyntaxError ? error.message.slice(0, 200) : "it could not be read";
    throw new Problem("MALFORMED_BODY", `The body is not JSON: ${detail}.`);
  }
}

function revive(_key: string, value: unknown, context?: ReviverContext): unknown {
  if (typeof value !== "number" || Number.isSafeInteger(value)) return value;
  const source = context?.source ?? "";
  return /^-?\d{1,20}$/.test(source) ? BigInt(source) : value;
}

const [quoteMark, backslash, openArray, closeArray, openObject, closeObject] = [34, 92, 91, 93, 123, 125];
const [zero, nine, point, capitalE, smallE] = [48, 57, 46, 69, 101];

/** Looks through a text once; what it says of a text that is not JSON means nothing. */
function scan(text: string, levels: number): { readonly isDeep: boolean; readonly hasLongNumber: boolean } {
  let depth = 0;
  let hasLongNumber = false;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === quoteMark) at = endOfString(text, at);
    else if (code === openArray || code === openObject) {
      if (++depth > levels) return { isDeep: true, hasLongNumber };
    } else if (code === closeArray || code === closeObject) depth--;
    else if (code >= zero && code <= nine) {
      const end = endOfDigits(text, at);
      if (end - at >= longDigits && isWhole(text, at, end)) hasLongNumber = true;
      at = end - 1;
    }
  }
  return { isDeep: false, hasLongNumber };
}

function endOfString(text: string, start: number): number {
  let at = start + 1;
  for (; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === quoteMark) break;
    if (code === backslash) at++;
  }
  return at;
}

function endOfDigits(text: string, start: number): number {
  let at = start;
  for (; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code < zero || code > nine) break;
  }
  return at;
}

/** Whether digits are a number of their own, not part of a fraction or before one. */
function isWhole(text: string, start: number, end: number): boolean {
  const next = text.charCodeAt(end);
  return text.charCodeAt(start - 1) !== point && next !== point && next !== smallE && next !== capitalE;
}
