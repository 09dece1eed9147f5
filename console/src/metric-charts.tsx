import "@mantine/charts/styles.css";
import { LineChart } from "@mantine/charts";
import { Button, Skeleton, Stack, Text, Title } from "@mantine/core";
import { useQueries } from "@tanstack/react-query";
import { useState } from "react";
import { formatNumber } from "./format.ts";
import { chartSeries, type Series } from "./series.ts";
import { Failure } from "./state.tsx";
import { historyQuery, isRunning, type Run } from "./tracking-api.ts";

const height = 190;
const pointLimit = 400;
const dotLimit = 30;
/** Metrics that are read at first; each is a request. */
const firstRead = 12;

/** How the metrics of a run went. Those that were logged once have nothing to draw; their value is in the table. */
export function MetricCharts({ run }: { readonly run: Run }) {
  const [all, setAll] = useState(false);
  const keys = run.metrics.map(({ key }) => key);
  const read = all ? keys : keys.slice(0, firstRead);
  const histories = useQueries({ queries: read.map((key) => historyQuery(run.id, key, isRunning(run))) });
  const failed = histories.find(({ error, data }) => error !== null && data === undefined);
  const drawn = histories.flatMap(({ data }, at) => {
    const series = data === undefined ? null : chartSeries(data, pointLimit);
    return series === null || series.points.length < 2 ? [] : [{ metric: read[at] ?? "", series }];
  });
  const waiting = histories.some(({ isPending }) => isPending);
  return (
    <Stack gap="md">
      {drawn.map(({ metric, series }) => (
        <MetricChart key={metric} metric={metric} series={series} />
      ))}
      {waiting && <Skeleton height={height} />}
      {failed?.error != null && (
        <Failure title="Not all values could be read" error={failed.error} onRetry={failed.refetch} />
      )}
      {!waiting && failed === undefined && drawn.length === 0 && (
        <Text size="sm" c="dimmed" className="panel panel-pad">
          No metric was logged more than once. Log one at several steps, and its curve is drawn here.
        </Text>
      )}
      {keys.length > read.length && (
        <Button variant="default" onClick={() => setAll(true)}>
          Draw the other {keys.length - read.length} metrics too
        </Button>
      )}
    </Stack>
  );
}

function MetricChart({ metric, series }: { readonly metric: string; readonly series: Series }) {
  const { axis, points } = series;
  return (
    <figure className="panel" aria-label={`${metric} over the run`}>
      <figcaption>
        <Title order={2} fz="sm" className="break">
          {metric}
        </Title>
      </figcaption>
      <LineChart
        h={height}
        px="xs"
        data={points.map(({ at, value }) => ({ at, value }))}
        dataKey="at"
        series={[{ name: "value", label: metric, color: "sea.6" }]}
        curveType="linear"
        strokeWidth={1.75}
        withDots={points.length <= dotLimit}
        dotProps={{ r: 2 }}
        valueFormatter={formatNumber}
        xAxisProps={{
          type: "number",
          domain: ["dataMin", "dataMax"],
          tickFormatter: (at: number) => (axis === "step" ? formatNumber(at) : `${formatNumber(at)} s`),
        }}
        yAxisProps={{ domain: ["auto", "auto"], width: 62, tickFormatter: formatNumber }}
        lineProps={{ isAnimationActive: false }}
        tooltipAnimationDuration={0}
      />
    </figure>
  );
}
