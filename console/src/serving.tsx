import type { ServingStatus } from "@bedplate/contract";
import { Badge, Group, Text } from "@mantine/core";

const looks = {
  none: { color: "gray", label: "Not served" },
  loading: { color: "blue", label: "Loading" },
  ready: { color: "teal", label: "Served" },
  refused: { color: "red", label: "Refused" },
} as const;

/** What the service does with a model: state, version, and why not. */
export function Serving({ status }: { readonly status: ServingStatus }) {
  const { color, label } = looks[status.state];
  return (
    <div>
      <Group gap="xs">
        <Badge color={color} variant="light" radius="sm" tt="none">
          {label}
        </Badge>
        {status.state !== "none" && (
          <Text size="sm" className="nowrap">
            version {status.version}
          </Text>
        )}
      </Group>
      {status.state === "refused" && (
        <Text size="xs" c="red" mt={4} className="break">
          {status.detail} <Text span inherit c="dimmed">{`(${status.code})`}</Text>
        </Text>
      )}
    </div>
  );
}
