import type { TrainingJob } from "@bedplate/contract";
import { Button, Code, Group, Modal, Stack, Text, Title } from "@mantine/core";
import { useDocumentTitle } from "@mantine/hooks";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { formatSpan } from "./format.ts";
import { PageHeader } from "./page-header.tsx";
import { cancelJob, isActive, jobLogQuery, jobQuery } from "./platform-api.ts";
import { StateBadge } from "./run-state.tsx";
import { Failure, Loading } from "./state.tsx";
import { Ago, Span } from "./time.tsx";

/** One training job and its log. */
export function Job({ id }: { readonly id: string }) {
  const { data, error, refetch } = useQuery(jobQuery(id));
  useDocumentTitle(`${data?.name ?? "Job"} · Bedplate`);
  return (
    <Stack gap="md">
      <PageHeader
        above={[{ label: "Jobs", href: "/jobs" }]}
        here={id}
        isId
        title={data?.name ?? "Job"}
        aside={
          data !== undefined && (
            <Group gap="sm">
              <StateBadge state={data.state} />
              {isActive(data) && <Cancel job={data} />}
            </Group>
          )
        }
      >
        {data?.reason != null && (
          <Text size="sm" c="red" mt={4} className="break">
            {data.reason}
          </Text>
        )}
      </PageHeader>
      {data === undefined && error === null && <Loading rows={6} />}
      {data === undefined && error !== null && (
        <Failure title="The job could not be read" error={error} onRetry={refetch} />
      )}
      {data !== undefined && <Facts job={data} />}
      {data !== undefined && <Log job={data} />}
    </Stack>
  );
}

function Facts({ job }: { readonly job: TrainingJob }) {
  return (
    <section className="panel panel-pad" aria-label="Job">
      <Stack gap="sm">
        <Code block className="break">
          {job.command.join(" ")}
        </Code>
        <dl className="facts">
          <div>
            <dt>Submitted</dt>
            <dd>
              <Ago at={job.createdAt} /> by {job.createdBy}
            </dd>
          </div>
          <div>
            <dt>Took</dt>
            <dd>
              <Span from={job.startedAt} to={job.endedAt} />
            </dd>
          </div>
          <div>
            <dt>Attempt</dt>
            <dd>
              {job.attempt} of {job.maxAttempts}
            </dd>
          </div>
          <div>
            <dt>Time limit</dt>
            <dd>{formatSpan(job.timeoutMs)}</dd>
          </div>
          {job.exitCode !== null && (
            <div>
              <dt>Exit code</dt>
              <dd>{job.exitCode}</dd>
            </div>
          )}
        </dl>
      </Stack>
    </section>
  );
}

function Log({ job }: { readonly job: TrainingJob }) {
  const { data, error, refetch } = useQuery(jobLogQuery(job.id, job.state, isActive(job)));
  return (
    <section className="panel" aria-labelledby="log">
      <div className="panel-head">
        <Title order={2} id="log">
          Log
        </Title>
        {isActive(job) && (
          <Text size="sm" c="dimmed">
            follows while it runs
          </Text>
        )}
      </div>
      {data === undefined && error !== null ? (
        <div className="panel-pad">
          <Failure title="The log could not be read" error={error} onRetry={refetch} />
        </div>
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
        <pre className="log" tabIndex={0}>
          {data?.cut === true && "… earlier lines are left out\n"}
          {data?.text === "" ? "Nothing was written yet." : data?.text}
        </pre>
      )}
    </section>
  );
}

function Cancel({ job }: { readonly job: TrainingJob }) {
  const queries = useQueryClient();
  const [asked, setAsked] = useState(false);
  const { mutate, error, isPending } = useMutation({
    mutationFn: () => cancelJob(job.id),
    onSuccess: async () => {
      setAsked(false);
      await queries.invalidateQueries({ queryKey: ["jobs"] });
    },
  });
  return (
    <>
      <Button
        size="compact-sm"
        color="red"
        variant="light"
        disabled={job.cancelRequested}
        onClick={() => setAsked(true)}
      >
        {job.cancelRequested ? "Cancelling" : "Cancel"}
      </Button>
      <Modal
        opened={asked}
        onClose={() => setAsked(false)}
        title={`Cancel ${job.name}`}
        closeButtonProps={{ "aria-label": "Close" }}
      >
        <Stack>
          <Text size="sm">Its process is asked to stop, and ended if it does not. What it logged stays.</Text>
          {error !== null && <Failure title="It was not cancelled" error={error} />}
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={() => setAsked(false)} data-autofocus>
              Keep it
            </Button>
            <Button color="red" loading={isPending} onClick={() => mutate()}>
              Cancel the job
            </Button>
          </Group>
        </Stack>
      </Modal>
    </>
  );
}
