const depthLimit = 32;

/**
 * Parses JSON whose objects name no member twice: of two claims of one name, two readers may believe different ones
 * (RFC 7519, section 4). Throws a SyntaxError for anything else, and for nesting past any use.
 */
export function parseUniqueJson(text: string): unknown {
  const value: unknown = JSON.parse(text);
  const open: (Set<string> | null)[] = [];
  // The text is JSON by now, so whatever is no string stands alone and only a member's name has a colon behind it.
  for (const [, token = "", colon] of text.matchAll(/("(?:[^"\\]|\\.)*"|[{}[\]])\s*(:?)/g)) {
    if (token === "{" || token === "[") open.push(token === "{" ? new Set() : null);
    else if (token === "}" || token === "]") open.pop();
    else if (colon === ":") addName(open.at(-1), String(JSON.parse(token)));
    if (open.length > depthLimit) throw new SyntaxError(`nested more than ${depthLimit} levels deep`);
  }
  return value;
}

function addName(names: Set<string> | null | undefined, name: string): void {
  if (names?.has(name) === true) throw new SyntaxError(`"${name.slice(0, 100)}" is there twice`);
  names?.add(name);
}
