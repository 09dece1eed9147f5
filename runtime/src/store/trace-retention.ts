import type { Settings } from "@bedplate/contract";
import { startCollection } from "./artifact-collection.ts";
import type { TrackingStore } from "./tracking-store.ts";

/** Deletes traces past their time again and again; none where they are kept for ever. */
export function startTraceRetention(
  { deleteOlder }: Pick<TrackingStore["traces"], "deleteOlder">,
  { retentionMs, deleteLimit, sweepIntervalMs }: Settings["traces"],
  clock: () => number,
  report: (error: unknown) => void,
): { close: () => Promise<void> } {
  if (retentionMs === 0) return { close: async () => {} };
  const collect = () => deleteOlder(clock() - retentionMs, deleteLimit);
  return startCollection({ collect }, sweepIntervalMs, report);
}
