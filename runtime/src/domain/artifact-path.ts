import { Problem } from "./problem.ts";

const lengthLimit = 2_000;
/** Percent-encodings of percent-encodings that are looked through. */
const decodeLimit = 8;

const refuse = () => new Problem("INVALID_REQUEST", "Invalid path");

/**
 * A path below a folder of the artifact store; `""` is the folder itself. Refuses, in plain and in (repeatedly)
 * percent-encoded form: `..` and `.` and what looks like them, absolute paths, backslashes, control characters, drive
 * letters and URIs.
 */
export function parseArtifactPath(text: string): string {
  const path = text.endsWith("/") ? text.slice(0, -1) : text;
  if (path.length > lengthLimit) throw refuse();
  let reading = path;
  for (let round = 0; round < decodeLimit; round += 1) {
    if (!isPlain(reading)) throw refuse();
    const decoded = decodeOnce(reading);
    if (decoded === reading) return path;
    reading = decoded;
  }
  throw refuse();
}

/** Decodes every escape, `%u002e` too, and leaves what is none. Refuses bytes that are no UTF-8, such as overlong dots. */
function decodeOnce(path: string): string {
  if (!path.includes("%")) return path;
  const bytes = path.replaceAll(/(?:%[0-9a-f]{2})+/gi, (escapes) => {
    try {
      return decodeURIComponent(escapes);
    } catch {
      throw refuse();
    }
  });
  return bytes.replaceAll(/%u([0-9a-f]{4})/gi, (_escape, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}

/** What looks like a slash and is none in Unicode's own normal form. */
const slashes = /[\u2044\u2215\u29f8]/gu;
const backslashes = /[\\\u2216\u29f5\u29f9\ufe68\uff3c]/u;

function isPlain(path: string): boolean {
  if (path === "") return true;
  if (backslashes.test(path) || /\p{Cc}/u.test(path) || /^[a-z][a-z0-9+.-]*:/i.test(path)) return false;
  // Full-width and other look-alikes of dots and slashes count as what they look like.
  const seen = path.normalize("NFKC").replaceAll(/\s/gu, "").replaceAll(slashes, "/");
  return seen.split("/").every(isPlainSegment) && path.split("/").every(isPlainSegment);
}

/** Some servers cut a segment at its first semicolon, so `..;` counts as `..`. */
const isPlainSegment = (segment: string) => !["", ".", ".."].includes(segment.split(";", 1)[0] ?? "");

/** A path below another one. */
export function joinPath(folder: string, path: string): string {
  if (path === "") return folder;
  return folder === "" ? path : `${folder}/${path}`;
}
