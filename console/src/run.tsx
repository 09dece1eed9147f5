import { Code, Group, Stack, Table, Text, Title } from "@mantine/core";
import { useDocumentTitle } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { formatNumber } from "./format.ts";
import { MetricCharts } from "./metric-charts.tsx";
import { PageHeader } from "./page-header.tsx";
import { StateBadge } from "./run-state.tsx";
import { Failure, Loading } from "./state.tsx";
import { Ago, Span } from "./time.tsx";
import { type Run as RunData, runQuery } from "./tracking-api.ts";

/** One run: what went in, what came out, and how its metrics went. */
export default function Run({ id }: { readonly id: string }) {
  const { data, error, refetch } = useQuery(runQuery(id));
  useDocumentTitle(`${data?.name ?? "Run"} · Bedplate`);
  return (
    <Stack gap="md">
      <PageHeader
        above={[{ label: "Runs", href: "/runs" }]}
        here={id}
        isId
        title={data?.name ?? "Run"}
        aside={
          data !== undefined && (
            <Group gap="md" fz="sm">
              <StateBadge state={data.status} />
              <span>
                started <Ago at={data.startedAt} />
              </span>
              <span>
                took <Span from={data.startedAt} to={data.endedAt} />
              </span>
            </Group>
          )
        }
      />
      {data === undefined && error === null && <Loading rows={8} />}
      {data === undefined && error !== null && (
        <Failure title="The run could not be read" error={error} onRetry={refetch} />
      )}
      {data !== undefined && <RunBody run={data} />}
    </Stack>
  );
}

function RunBody({ run }: { readonly run: RunData }) {
  // Clients keep much of their own under this prefix; people look for what they set themselves.
  const tags = run.tags.filter(({ key }) => !key.startsWith("mlflow."));
  return (
    <div className="columns">
      <Stack gap="md">
        <Values title="Metrics" none="No metric was logged.">
          {run.metrics.map(({ key, value, step }) => [key, formatNumber(value), `step ${step}`])}
        </Values>
        <Values title="Parameters" none="No parameter was logged.">
          {run.params.map(({ key, value }) => [key, value])}
        </Values>
        <Values title="Tags" none="No tag was set.">
          {tags.map(({ key, value }) => [key, value])}
        </Values>
      </Stack>
      <MetricCharts run={run} />
    </div>
  );
}

interface ValuesProps {
  readonly title: string;
  readonly none: string;
  readonly children: readonly (readonly string[])[];
}

function Values({ title, none, children }: ValuesProps): ReactNode {
  return (
    <section className="panel" aria-label={title}>
      <div className="panel-head">
        <Title order={2}>{title}</Title>
      </div>
      {children.length === 0 ? (
        <Text size="sm" c="dimmed" className="panel-pad">
          {none}
        </Text>
      ) : (
        <Table horizontalSpacing="md" verticalSpacing={5}>
          <Table.Tbody>
            {children.map(([key = "", value = "", note]) => (
              <Table.Tr key={key}>
                <Table.Th scope="row" fw={450} className="break">
                  {key}
                </Table.Th>
                <Table.Td ta="right">
                  <Code className="break" bg="transparent">
                    {value}
                  </Code>
                </Table.Td>
                {note !== undefined && (
                  <Table.Td c="dimmed" fz="xs" ta="right" className="nowrap numbers">
                    {note}
                  </Table.Td>
                )}
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
    </section>
  );
}
