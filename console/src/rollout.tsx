import type { Rollout, VariantStatistics } from "@bedplate/contract";
import { Badge, Button, Group, Table, Text, Title } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import {
  activeRolloutQuery,
  orderRollout,
  promoteRollout,
  type RolloutOrder,
  rolloutStatisticsQuery,
} from "./rollout-api.ts";
import { Failure } from "./state.tsx";

const names = { canary: "Canary", ab: "A/B test", shadow: "Shadow", blueGreen: "Blue-green" } as const;
const percentPlaces = 2;
const percent = (value: number) => `${Number(value.toFixed(percentPlaces))} %`;
const milliseconds = (value: number) => `${value.toPrecision(3)} ms`;

/** The rollout of a model that is under way, with its numbers; nothing where there is none. */
export function ActiveRollout({ model }: { readonly model: string }) {
  const { data: rollout, error, refetch } = useQuery(activeRolloutQuery(model));
  if (error !== null && rollout === undefined) {
    return <Failure title="The rollout could not be read" error={error} onRetry={refetch} />;
  }
  return rollout === undefined || rollout === null ? null : <Panel rollout={rollout} />;
}

/** What is asked of a rollout, or which of its versions is to be promoted. */
type Wish = RolloutOrder | number;

function Panel({ rollout }: { readonly rollout: Rollout }) {
  const { reason } = rollout;
  const queries = useQueryClient();
  const { data } = useQuery(rolloutStatisticsQuery(rollout));
  const { mutate, error, isPending } = useMutation({
    mutationFn: (wish: Wish) =>
      typeof wish === "number" ? promoteRollout(rollout, wish) : orderRollout(rollout, wish),
    onSettled: () => queries.invalidateQueries({ queryKey: ["models"] }),
  });
  return (
    <section className="panel" aria-labelledby="rollout">
      <div className="panel-head">
        <Group gap="xs">
          <Title order={2} id="rollout">
            Rollout
          </Title>
          <Badge color={rollout.state === "paused" ? "yellow" : "blue"} variant="light" radius="sm" tt="none">
            {rollout.state === "paused" ? "Paused" : "Running"}
          </Badge>
          <Text size="sm" c="dimmed">
            {describeRollout(rollout)}
          </Text>
        </Group>
        <Group gap="xs">
          {ordersFor(rollout).map(([order, label]) => (
            <Button
              key={order}
              size="compact-sm"
              variant="default"
              loading={isPending}
              onClick={() => mutate(order)}
            >
              {label}
            </Button>
          ))}
        </Group>
      </div>
      {reason !== null && (
        <Text size="sm" c="dimmed" className="panel-pad break">
          {reason}
        </Text>
      )}
      {error !== null && <Failure title="The rollout was not changed" error={error} />}
      {data !== undefined && (
        <Variants variants={data.variants} isBusy={isPending} onPromote={(version) => mutate(version)} />
      )}
    </section>
  );
}

function describeRollout({ spec, position }: Rollout): string {
  const step = spec.strategy === "canary" ? `, step ${position + 1} of ${spec.steps.length}` : "";
  return `${names[spec.strategy]}${step}`;
}

/** A canary goes on by steps; after the last one it is promoted or aborted. */
function ordersFor({ spec, state, position }: Rollout): readonly (readonly [RolloutOrder, string])[] {
  const hasNext = spec.strategy === "canary" && position + 1 < spec.steps.length;
  return [
    ...(hasNext ? [["advance", "Next step"] as const] : []),
    state === "paused" ? ["resume", "Resume"] : ["pause", "Pause"],
    ["abort", "Abort"],
  ];
}

interface VariantsProps {
  readonly variants: readonly VariantStatistics[];
  readonly isBusy: boolean;
  readonly onPromote: (version: number) => void;
}

function Variants({ variants, isBusy, onPromote }: VariantsProps) {
  return (
    <div className="scroll">
      <Table horizontalSpacing="md" verticalSpacing="xs">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Version</Table.Th>
            <Table.Th>Share</Table.Th>
            <Table.Th className="wide">Answers</Table.Th>
            <Table.Th>Failed</Table.Th>
            <Table.Th className="wide">p95</Table.Th>
            <Table.Th aria-label="Promote" />
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {variants.map((variant) => (
            <Table.Tr key={variant.version}>
              <Table.Td>
                {variant.version}{" "}
                <Text span size="xs" c="dimmed">
                  {variant.loaded ? variant.role : `${variant.role}, not loaded here`}
                </Text>
              </Table.Td>
              <Table.Td className="numbers">{percent(variant.percent)}</Table.Td>
              <Table.Td className="wide numbers">{describeAnswers(variant)}</Table.Td>
              <Table.Td className="numbers">
                {variant.errorRate === null ? "–" : percent(variant.errorRate * 100)}
              </Table.Td>
              <Table.Td className="wide numbers">
                {variant.latency === null ? "–" : milliseconds(variant.latency.p95)}
              </Table.Td>
              <Table.Td ta="right">
                {variant.role !== "champion" && (
                  <Button
                    size="compact-sm"
                    variant="light"
                    loading={isBusy}
                    aria-label={`Promote version ${variant.version} of the rollout`}
                    onClick={() => onPromote(variant.version)}
                  >
                    Promote
                  </Button>
                )}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </div>
  );
}

/** A shadow answers nobody: what counts is how often it agrees. */
function describeAnswers({ answers, shadow }: VariantStatistics): string {
  if (shadow === null) return String(answers);
  return `${shadow.agreed} of ${shadow.compared} agree`;
}
