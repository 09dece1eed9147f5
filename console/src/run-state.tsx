import { Badge } from "@mantine/core";

const colors: Record<string, string> = {
  RUNNING: "blue",
  SCHEDULED: "gray",
  FINISHED: "teal",
  FAILED: "red",
  KILLED: "orange",
  running: "blue",
  queued: "gray",
  succeeded: "teal",
  failed: "red",
  cancelled: "orange",
  timed_out: "red",
};

/** The state of a run or a job, the same colours for the same thing. */
export function StateBadge({ state }: { readonly state: string }) {
  const label = state.toLowerCase().replace("_", " ");
  return (
    <Badge color={colors[state] ?? "gray"} variant="light" radius="sm" tt="none">
      {label.charAt(0).toUpperCase() + label.slice(1)}
    </Badge>
  );
}
