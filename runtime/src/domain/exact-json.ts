import { Problem } from "./problem.ts";

/** Deepest nesting of a request; tensors have at most 32 dimensions, the objects around them five. */
const depthLimit = 64;
/** A body without a run of 16 digits has no whole number that a double could not hold. */
const longNumber = /\d{16}/;

interface ReviverContext {
  readonly source?: string;
}
type ExactParse = (
  text: string,
  reviver: (key: string, value: unknown, context?: ReviverContext) => unknown,
) => unknown;

/**
 * Parses JSON without losing digits: whole numbers past 2^53 come as bigint.
 * Throws a `Problem` when the text is not JSON or is nested past any use; that is looked at before parsing, because
 * the parser's memory grows with each level.
 */
export function parseExactJson(text: string): unknown {
  if (isDeep(text)) throw new Problem("MALFORMED_BODY", `JSON may be nested ${depthLimit} levels deep.`);
  try {
    return longNumber.test(text) ? (JSON.parse as ExactParse)(text, revive) : JSON.parse(text);
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

function isDeep(text: string): boolean {
  let depth = 0;
  let inString = false;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (inString) {
      if (code === backslash) at++;
      else if (code === quoteMark) inString = false;
    } else if (code === quoteMark) inString = true;
    else if (code === openArray || code === openObject) {
      if (++depth > depthLimit) return true;
    } else if (code === closeArray || code === closeObject) depth--;
  }
  return false;
}
