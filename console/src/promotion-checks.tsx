import type { PromotionChecks as Checks } from "@bedplate/contract";
import { Badge, List, Stack, Text } from "@mantine/core";

const labels = {
  approval: "Approval",
  rejection: "Rejection",
  signature: "Signature",
  "model-card": "Model card",
  evaluation: "Evaluation",
} as const;

/** What promotion asks of a version, what of it is so, and what mends the rest. */
export function PromotionChecks({ checks }: Pick<Checks, "checks">) {
  if (checks.length === 0) return null;
  return (
    <List listStyleType="none" spacing="xs" aria-label="What promotion asks">
      {checks.map(({ check, met, detail, fix }) => (
        <List.Item key={`${check} ${detail}`} styles={{ itemWrapper: { display: "block" } }}>
          <Stack gap={2}>
            <Text size="sm" component="div" className="break">
              <Badge color={met ? "teal" : "red"} variant="light" radius="sm" tt="none" mr="xs">
                {labels[check]}: {met ? "met" : "not met"}
              </Badge>
              {detail}
            </Text>
            {fix !== null && (
              <Text size="xs" c="dimmed" className="break" style={{ whiteSpace: "pre-line" }}>
                {fix}
              </Text>
            )}
          </Stack>
        </List.Item>
      ))}
    </List>
  );
}
