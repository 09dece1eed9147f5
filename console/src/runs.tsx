import { Anchor, Code, Group, NativeSelect, Stack, Table, Text, Title } from "@mantine/core";
import { useDocumentTitle } from "@mantine/hooks";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link, useSearchParams } from "wouter";
import { formatNumber } from "./format.ts";
import { StateBadge } from "./run-state.tsx";
import { ShowMore } from "./show-more.tsx";
import { Empty, Failure, Loading } from "./state.tsx";
import { Ago, Span } from "./time.tsx";
import { type Experiment, experimentsQuery, type Run, runsQuery } from "./tracking-api.ts";

const metricColumns = 3;

/** Runs of all experiments or of one, newest first. */
export function Runs() {
  useDocumentTitle("Runs · Bedplate");
  const [search, setSearch] = useSearchParams();
  const experiments = useQuery(experimentsQuery);
  const chosen = search.get("experiment") ?? "";
  return (
    <Stack gap="md">
      <Group justify="space-between">
        <Title order={1}>Runs</Title>
        <NativeSelect
          aria-label="Experiment"
          value={chosen}
          onChange={(event) => {
            const id = event.currentTarget.value;
            setSearch(id === "" ? {} : { experiment: id });
          }}
          data={[
            { value: "", label: "All experiments" },
            ...(experiments.data ?? []).map(({ experiment_id, name }) => ({
              value: experiment_id,
              label: name,
            })),
          ]}
        />
      </Group>
      {experiments.data === undefined && experiments.error === null && <Loading rows={6} />}
      {experiments.data === undefined && experiments.error !== null && (
        <Failure
          title="The experiments could not be read"
          error={experiments.error}
          onRetry={experiments.refetch}
        />
      )}
      {experiments.data !== undefined && <RunList experiments={experiments.data} chosen={chosen} />}
    </Stack>
  );
}

function RunList({
  experiments,
  chosen,
}: {
  readonly experiments: readonly Experiment[];
  readonly chosen: string;
}) {
  const ids = chosen === "" ? experiments.map(({ experiment_id }) => experiment_id) : [chosen];
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery(
    runsQuery(ids),
  );
  if (ids.length === 0) return <NoRuns />;
  if (data === undefined) {
    return error === null ? (
      <Loading rows={6} />
    ) : (
      <Failure title="The runs could not be read" error={error} onRetry={refetch} />
    );
  }
  const runs = data.pages.flatMap((page) => page.runs);
  if (runs.length === 0) return <NoRuns />;
  const names = new Map(experiments.map(({ experiment_id, name }) => [experiment_id, name]));
  return (
    <>
      <RunTable runs={runs} names={names} />
      <ShowMore hasMore={hasNextPage} isLoading={isFetchingNextPage} onMore={fetchNextPage} />
    </>
  );
}

function NoRuns() {
  return (
    <Empty title="No run is logged here yet">
      <p>
        <Code>npm start</Code> in the platform's folder trains a first model and logs its run.
      </p>
      <p>
        For your own, run <Code>eval "$(npx bedplate env)"</Code> in a terminal; then{" "}
        <Code>mlflow.start_run()</Code> in any MLflow client logs here.
      </p>
    </Empty>
  );
}

/** The metrics that most of the runs have. */
function commonMetrics(runs: readonly Run[]): string[] {
  const counts = new Map<string, number>();
  for (const { metrics } of runs) for (const { key } of metrics) counts.set(key, (counts.get(key) ?? 0) + 1);
  return [...counts]
    .sort((a, b) => b[1] - a[1])
    .slice(0, metricColumns)
    .map(([key]) => key);
}

interface RunTableProps {
  readonly runs: readonly Run[];
  /** Names of experiments by id. */
  readonly names: ReadonlyMap<string, string>;
}

function RunTable({ runs, names }: RunTableProps) {
  const columns = commonMetrics(runs);
  return (
    <div className="panel scroll">
      <Table highlightOnHover horizontalSpacing="md" verticalSpacing="xs">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Run</Table.Th>
            <Table.Th>State</Table.Th>
            <Table.Th className="wide">Experiment</Table.Th>
            <Table.Th className="wide">Started</Table.Th>
            <Table.Th className="wide">Took</Table.Th>
            {columns.map((key) => (
              <Table.Th key={key} ta="right" className="wide">
                {key}
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {runs.map((run) => (
            <Table.Tr key={run.id}>
              <Table.Td>
                <Anchor component={Link} href={`/runs/${run.id}`} size="sm" fw={600} className="break">
                  {run.name}
                </Anchor>
                <Text size="xs" c="dimmed" className="narrow">
                  <Ago at={run.startedAt} />
                </Text>
              </Table.Td>
              <Table.Td>
                <StateBadge state={run.status} />
              </Table.Td>
              <Table.Td className="wide break">{names.get(run.experimentId) ?? run.experimentId}</Table.Td>
              <Table.Td className="wide">
                <Ago at={run.startedAt} />
              </Table.Td>
              <Table.Td className="wide">
                <Span from={run.startedAt} to={run.endedAt} />
              </Table.Td>
              {columns.map((key) => (
                <Table.Td key={key} ta="right" className="wide numbers">
                  {latest(run, key)}
                </Table.Td>
              ))}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </div>
  );
}

function latest(run: Run, key: string): string {
  const metric = run.metrics.find((one) => one.key === key);
  return metric === undefined ? "–" : formatNumber(metric.value);
}
