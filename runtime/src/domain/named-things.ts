import { type Reference, type ReferenceKind, type Route, referenceKinds } from "@bedplate/contract";
import { parseArtifactPath } from "./artifact-path.ts";
import { parseSource } from "./artifact-uri.ts";
import { parseExperimentId } from "./mlflow-words.ts";

/** A thing of a team that a request names, and whether the request changes it. */
export interface NamedThing {
  readonly kind: Exclude<ReferenceKind, "source" | "served-call">;
  readonly id: string;
  readonly changes: boolean;
  /** Whether it need not be there: what another installation made may be told of. */
  readonly mayBeAbsent: boolean;
}

/** A request as its schemas left it. */
export interface ParsedRequest {
  readonly params: unknown;
  readonly query: unknown;
  readonly body: unknown;
  readonly headers: unknown;
}

/** Whether what an address does leaves everything as it is. */
const isReading = ({ scope }: Pick<Route, "scope">) => /^self$|:(read|call)$/.test(scope);

/**
 * Everything that a request names at the places that its address tells of. Empty texts name nothing, but for an
 * artifact's path, where they are the root. Throws INVALID_REQUEST for what cannot be the id of anything.
 */
export function namedThings(
  route: Pick<Route, "scope">,
  references: readonly Reference[],
  request: ParsedRequest,
): readonly NamedThing[] {
  const found = references.flatMap((reference) => {
    const { kind, isOnlyRead, isOptional, place } = readReference(reference);
    const ids = valuesAt(request, place).filter((id) => id !== "" || kind === "artifact");
    const changes = !isOnlyRead && !isReading(route);
    const mayBeAbsent = isOptional || (isOnlyRead && kind !== "source");
    return ids.map((id): NamedThing => ({ ...thingOf(kind, id), changes, mayBeAbsent }));
  });
  return [...new Map(found.map((thing) => [JSON.stringify(thing), thing])).values()];
}

function readReference(reference: Reference) {
  const [first = "", ...rest] = reference.replace(/^(read|maybe) /, "").split(":");
  const kind = referenceKinds.find((known) => known === first);
  if (kind === undefined) throw new Error(`no such kind of thing: ${first}`);
  return {
    kind,
    isOnlyRead: reference.startsWith("read "),
    isOptional: reference.startsWith("maybe "),
    place: rest.join(":").split("."),
  };
}

function valuesAt(value: unknown, place: readonly string[]): readonly string[] {
  if (Array.isArray(value)) return value.flatMap((element) => valuesAt(element, place));
  const [name, ...rest] = place;
  if (name === undefined) return typeof value === "string" ? [value] : [];
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, name)) return [];
  return valuesAt((value as Record<string, unknown>)[name], rest);
}

function thingOf(kind: ReferenceKind, id: string): Pick<NamedThing, "kind" | "id"> {
  switch (kind) {
    case "source":
      return sourceOf(id);
    case "served-call":
      return { kind: "served-model", id: id.replace(/:predict$/, "") };
    case "artifact":
      return { kind, id: parseArtifactPath(id) };
    case "experiment":
      return { kind, id: String(parseExperimentId(id)) };
    default:
      return { kind, id };
  }
}

function sourceOf(uri: string): Pick<NamedThing, "kind" | "id"> {
  const source = parseSource(uri);
  switch (source.kind) {
    case "artifacts":
      return { kind: "artifact", id: source.path };
    case "run":
      return { kind: "run", id: source.runId };
    case "logged-model":
      return { kind: "logged-model", id: source.modelId };
    case "version":
    case "alias":
      return { kind: "model", id: source.name };
  }
}
