import "@mantine/charts/styles.css";
import { LineChart } from "@mantine/charts";
import { Center, Skeleton, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { formatNumber } from "./format.ts";
import { chartSeries } from "./series.ts";
import { Failure } from "./state.tsx";
import { historyQuery } from "./tracking-api.ts";

const height = 170;
const pointLimit = 400;
const dotLimit = 30;

interface MetricChartProps {
  readonly runId: string;
  readonly metric: string;
  readonly running: boolean;
}

/** How a metric went over the run's steps. */
export function MetricChart({ runId, metric, running }: MetricChartProps) {
  const { data, error, refetch } = useQuery(historyQuery(runId, metric, running));
  return (
    <figure className="panel" aria-label={`${metric} over the run`}>
      <figcaption className="panel-pad">
        <Title order={2} fz="sm" className="break">
          {metric}
        </Title>
      </figcaption>
      {data === undefined && error === null && <Skeleton height={height} />}
      {data === undefined && error !== null && (
        <Failure title="Its values could not be read" error={error} onRetry={refetch} />
      )}
      {data !== undefined && <Line metric={metric} {...chartSeries(data, pointLimit)} />}
    </figure>
  );
}

function Line({ metric, axis, points }: { readonly metric: string } & ReturnType<typeof chartSeries>) {
  const [only] = points;
  if (only === undefined || points.length === 1) {
    return (
      <Center h={height}>
        <Text fz="1.6rem" className="numbers">
          {only === undefined ? "no number" : formatNumber(only.value)}
        </Text>
      </Center>
    );
  }
  return (
    <LineChart
      h={height}
      px="xs"
      data={points.map(({ at, value }) => ({ at, [metric]: value }))}
      dataKey="at"
      series={[{ name: metric, color: "sea.6" }]}
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
  );
}
