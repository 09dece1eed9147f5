import { Problem } from "./problem.ts";
import { checkKey } from "./tracking-limits.ts";

/** MLflow's own limits; longer values are cut, as its server does. */
export const traceLimits = {
  idLength: 250,
  keyLength: 250,
  tagLength: 4_096,
  metadataLength: 250,
  previewLength: 1_000,
  tagsInRequest: 1_000,
  linksInRequest: 100,
  batch: 500,
  assessments: 1_000,
} as const;

/** Tags of traces that MLflow's clients give a meaning. */
export const traceTags = {
  name: "mlflow.traceName",
  artifacts: "mlflow.artifactLocation",
  /** Says that spans are read from here and not from an artifact. */
  spans: "mlflow.trace.spansLocation",
} as const;
const ownTags: readonly string[] = [
  traceTags.artifacts,
  traceTags.spans,
  "mlflow.trace.archiveLocation",
  "mlflow.trace.archivalFailure",
];

/** Whether only the platform may set the tag. */
export const isOwnTag = (key: string): boolean => ownTags.includes(key);

/** The text, or its beginning with dots after it. */
export function truncate(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 3).toWellFormed()}...`;
}

/** Whether a tag may have the key. */
export function isTagKey(key: string): boolean {
  try {
    checkKey("tag", key);
    return true;
  } catch (error) {
    if (error instanceof Problem) return false;
    throw error;
  }
}

/** A trace's id as a client chose it: it stands in addresses and in the paths of artifacts. */
export function checkTraceId(id: string): void {
  if (/^[A-Za-z0-9][A-Za-z0-9_.-]*$/.test(id) && id.length <= traceLimits.idLength && !id.includes(".."))
    return;
  throw new Problem(
    "INVALID_REQUEST",
    `Invalid trace ID '${id.slice(0, 100)}'. It may have letters, digits, '_', '-' and '.', and at most ${traceLimits.idLength} characters.`,
  );
}
