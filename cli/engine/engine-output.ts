import { stripVTControlCharacters } from "node:util";

/** A frame of a JavaScript stack trace, as V8 prints it. */
const stackFrame = /^\s*at (?:.+ \()?(?:file:|node:|\/|[A-Za-z]:\\|<anonymous>|native\b).*\)?$/;

/** What the engine prints of itself: signs of activity, and advice about its own commands after a destroy. */
const noise = [
  /^Loading policy packs\.\.\.: (?:starting|done)$/,
  /^@ (?:previewing|updating|destroying|refreshing)/i,
  /^The resources in the stack have been deleted, but /,
  /^If you want to remove the stack completely, /,
];

/** A resource that is only looked at, or whose change has only begun, with nothing said about it. */
const resourceStep =
  /^ (?:[~+ -]|\+-|-\+) {1,2}\S+:\S+ \S+ *(?:(?:refreshing|refresh|creating|updating|deleting|running)(?: \([\d.]+s\))?)?$/;

/** Whether a line that the engine prints is for people: no stack frame, no sign of mere activity. */
export function isForPeople(line: string): boolean {
  const plain = stripVTControlCharacters(line).trimEnd();
  if (stackFrame.test(plain) || resourceStep.test(plain)) return false;
  return !noise.some((pattern) => pattern.test(plain.trim()));
}

/** What an update changed: how many resources, by the engine's own word (`create`, `update`, `delete`, `same`, ...). */
export type Changes = Readonly<Record<string, number>>;

/** The engine's words for steps that change nothing. */
const idle: ReadonlySet<string> = new Set(["same", "refresh", "read", "read-replacement", "read-discard"]);

const isThing = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null;

/** The events of one name in an event log of the engine (a JSON object a line). */
function eventsOf(eventLog: string, name: string): readonly Readonly<Record<string, unknown>>[] {
  return eventLog
    .split("\n")
    .filter((line) => line.includes(`"${name}"`))
    .map((line): unknown => JSON.parse(line)[name])
    .filter(isThing);
}

/** The changes in an event log, of the update or of the preview; undefined when that did not end well. */
export function readChanges(eventLog: string, of: "update" | "preview" = "update"): Changes | undefined {
  const summary = eventsOf(eventLog, "summaryEvent").find(
    ({ isPreview, resourceChanges }) => isPreview === (of === "preview") && resourceChanges !== undefined,
  );
  if (summary === undefined) return undefined;
  return Object.fromEntries(
    Object.entries(summary.resourceChanges ?? {}).map(([word, count]) => [word, Number(count)]),
  );
}

/** One thing that the engine would do, by its own word (`create`, `update`, `replace`, `delete`, ...). */
export interface Step {
  readonly op: string;
  readonly type: string;
  readonly name: string;
  readonly urn: string;
}

/** The engine makes these for itself, and does not count them either. */
const isDefaultProvider = (type: string, name: string) =>
  type.startsWith("pulumi:providers:") && /^default(_|$)/.test(name);

/** What a preview would do, resource by resource; what stays as it is is left out. */
export function readSteps(eventLog: string): Step[] {
  return eventsOf(eventLog, "resourcePreEvent").flatMap(({ metadata }) => {
    if (!isThing(metadata) || idle.has(String(metadata.op))) return [];
    const urn = String(metadata.urn);
    const type = String(metadata.type);
    const name = urn.split("::").slice(3).join("::");
    return isDefaultProvider(type, name) ? [] : [{ op: String(metadata.op), type, name, urn }];
  });
}

/** How many resources an update made, changed or removed. */
export function countChanged(changes: Changes): number {
  return Object.entries(changes).reduce((sum, [word, count]) => (idle.has(word) ? sum : sum + count), 0);
}
