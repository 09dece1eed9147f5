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

/** The changes in an event log of the engine (a JSON object a line); undefined when the update did not end well. */
export function readChanges(eventLog: string): Changes | undefined {
  const events = eventLog.split("\n").filter((line) => line.includes('"summaryEvent"'));
  for (const summary of events.map((line): unknown => JSON.parse(line).summaryEvent)) {
    if (typeof summary !== "object" || summary === null) continue;
    if (!("isPreview" in summary) || summary.isPreview !== false || !("resourceChanges" in summary)) continue;
    return Object.fromEntries(
      Object.entries(summary.resourceChanges ?? {}).map(([word, count]) => [word, Number(count)]),
    );
  }
  return undefined;
}

/** How many resources an update made, changed or removed. */
export function countChanged(changes: Changes): number {
  return Object.entries(changes).reduce((sum, [word, count]) => (word === "same" ? sum : sum + count), 0);
}
