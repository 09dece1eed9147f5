import type { TrainingJob } from "@bedplate/contract";
import { Anchor, Code, Stack, Table, Text, Title } from "@mantine/core";
import { useDocumentTitle } from "@mantine/hooks";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "wouter";
import { jobsQuery } from "./platform-api.ts";
import { StateBadge } from "./run-state.tsx";
import { ShowMore } from "./show-more.tsx";
import { Empty, Failure, Loading } from "./state.tsx";
import { Ago, Span } from "./time.tsx";

/** Training jobs, newest first. */
export function Jobs() {
  useDocumentTitle("Jobs · Bedplate");
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } =
    useInfiniteQuery(jobsQuery);
  const jobs = data?.pages.flatMap((page) => page.jobs) ?? [];
  return (
    <Stack gap="md">
      <Title order={1}>Training jobs</Title>
      {data === undefined && error === null && <Loading />}
      {data === undefined && error !== null && (
        <Failure title="The jobs could not be read" error={error} onRetry={refetch} />
      )}
      {data !== undefined && jobs.length === 0 && (
        <Empty title="No training job yet">
          <p>
            <Code>npm start</Code> in the platform's folder submits a first one.
          </p>
          <p>
            Your own start with <Code>POST /api/bedplate/v1/training/jobs</Code>;{" "}
            <Anchor inherit href="/docs/">
              the API's pages
            </Anchor>{" "}
            show the fields.
          </p>
        </Empty>
      )}
      {jobs.length > 0 && <JobTable jobs={jobs} />}
      <ShowMore hasMore={hasNextPage} isLoading={isFetchingNextPage} onMore={fetchNextPage} />
    </Stack>
  );
}

function JobTable({ jobs }: { readonly jobs: readonly TrainingJob[] }) {
  return (
    <div className="panel scroll">
      <Table highlightOnHover horizontalSpacing="md" verticalSpacing="xs">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Job</Table.Th>
            <Table.Th>State</Table.Th>
            <Table.Th className="wide">Attempt</Table.Th>
            <Table.Th className="wide">Submitted</Table.Th>
            <Table.Th className="wide">Took</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {jobs.map((job) => (
            <Table.Tr key={job.id}>
              <Table.Td>
                <Anchor component={Link} href={`/jobs/${job.id}`} size="sm" fw={600} className="break">
                  {job.name}
                </Anchor>
                {job.reason !== null && (
                  <Text size="xs" c="dimmed" lineClamp={1}>
                    {job.reason}
                  </Text>
                )}
              </Table.Td>
              <Table.Td>
                <StateBadge state={job.state} />
              </Table.Td>
              <Table.Td className="wide numbers">
                {job.attempt} of {job.maxAttempts}
              </Table.Td>
              <Table.Td className="wide">
                <Ago at={job.createdAt} />
              </Table.Td>
              <Table.Td className="wide">
                <Span from={job.startedAt} to={job.endedAt} />
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </div>
  );
}
