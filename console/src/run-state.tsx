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
  ACTIVE: "teal",
  DISABLED: "gray",
  pending: "blue",
  delivered: "teal",
  dead: "red",
};

/** States whose own word says too little. */
const labels: Record<string, string> = { dead: "given up", pending: "waiting" };

/** The state of a run, a job or a delivery, the same colours for the same thing. */
export function StateBadge({ state }: { readonly state: string }) {
  const label = labels[state] ?? state.toLowerCase().replace("_", " ");
  return (
    <Badge color={colors[state] ?? "gray"} variant="light" radius="sm" tt="none" miw="max-content">
      {label.charAt(0).toUpperCase() + label.slice(1)}
    </Badge>
  );
}
