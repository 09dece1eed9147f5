import { Problem } from "./problem.ts";

const lengthLimit = 2_000;
/** Percent-encodings of percent-encodings that are looked through. */
const decodeLimit = 8;

const refuse = () => new Problem("INVALID_REQUEST", "Invalid path");

/**
 * A path below a folder of the artifact store; `""` is the folder itself. Refuses, in plain and in (repeatedly)
 * percent-encoded form: `..` and `.`, absolute paths, backslashes, control characters, drive letters and URIs.
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

/** Decodes every well-formed escape and leaves what is none. */
function decodeOnce(path: string): string {
  if (!path.includes("%")) return path;
  try {
    return decodeURIComponent(path);
  } catch {
    return path.replaceAll(/%([0-9a-f]{2})/gi, (_escape, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    );
  }
}

function isPlain(path: string): boolean {
  if (path === "") return true;
  if (/[\\\p{Cc}]/u.test(path) || /^[a-z][a-z0-9+.-]*:/i.test(path)) return false;
  // Full-width and other look-alikes of dots and slashes count as what they look like.
  return (
    path.normalize("NFKC").replaceAll(/\s/gu, "").split("/").every(isPlainSegment) &&
    path.split("/").every(isPlainSegment)
  );
}

const isPlainSegment = (segment: string) => segment !== "" && segment !== "." && segment !== "..";

/** A path below another one. */
export function joinPath(folder: string, path: string): string {
  if (path === "") return folder;
  return folder === "" ? path : `${folder}/${path}`;
}
