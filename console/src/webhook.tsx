import type { DeliveryState, WebhookDelivery } from "@bedplate/contract";
import { Alert, Button, Group, SegmentedControl, Stack, Table, Text, Title } from "@mantine/core";
import { useDocumentTitle } from "@mantine/hooks";
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { PageHeader } from "./page-header.tsx";
import { StateBadge } from "./run-state.tsx";
import { ShowMore } from "./show-more.tsx";
import { Failure, Loading } from "./state.tsx";
import { Ago } from "./time.tsx";
import { deliveriesQuery, eventName, replay, sendTest, webhookQuery } from "./webhook-api.ts";

/** One webhook: what was sent, what was given up, and sending it again. */
export function Webhook({ id }: { readonly id: string }) {
  const { data, error, refetch } = useQuery(webhookQuery(id));
  useDocumentTitle(`${data?.name ?? "Webhook"} · Bedplate`);
  return (
    <Stack gap="md">
      <PageHeader
        above={[{ label: "Webhooks", href: "/webhooks" }]}
        here={id}
        isId
        title={data?.name ?? "Webhook"}
        aside={
          data !== undefined && (
            <Group gap="sm">
              <StateBadge state={data.status} />
              <Test id={id} />
            </Group>
          )
        }
      >
        {data !== undefined && (
          <Text size="sm" c="dimmed" mt={4} className="break">
            {data.url} hears of {data.events.map(eventName).join(", ")}
          </Text>
        )}
      </PageHeader>
      {data === undefined && error === null && <Loading />}
      {data === undefined && error !== null && (
        <Failure title="The webhook could not be read" error={error} onRetry={refetch} />
      )}
      {data !== undefined && <Deliveries id={id} />}
    </Stack>
  );
}

function Test({ id }: { readonly id: string }) {
  const { mutate, data, error, isPending } = useMutation({ mutationFn: () => sendTest(id) });
  return (
    <Stack gap="xs" align="flex-end">
      <Button size="compact-sm" variant="default" loading={isPending} onClick={() => mutate()}>
        Send a test
      </Button>
      {data !== undefined && (
        <Alert color={data.success ? "teal" : "red"} variant="outline" p="xs" role="status">
          {data.success
            ? `It was taken (${data.response_status}).`
            : (data.error_message ?? `The receiver answered ${data.response_status}.`)}
        </Alert>
      )}
      {error !== null && <Failure title="It was not sent" error={error} />}
    </Stack>
  );
}

type Choice = "all" | DeliveryState;
const choices = [
  { value: "all", label: "All" },
  { value: "pending", label: "Waiting" },
  { value: "delivered", label: "Delivered" },
  { value: "dead", label: "Given up" },
] as const satisfies readonly { value: Choice; label: string }[];

function Deliveries({ id }: { readonly id: string }) {
  const [choice, choose] = useState<Choice>("all");
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery(
    deliveriesQuery(id, choice === "all" ? null : choice),
  );
  const deliveries = data?.pages.flatMap((page) => page.deliveries) ?? [];
  return (
    <section className="panel" aria-labelledby="deliveries">
      <div className="panel-head">
        <Title order={2} id="deliveries">
          Deliveries
        </Title>
        <SegmentedControl<Choice>
          size="xs"
          aria-label="Which deliveries"
          data={[...choices]}
          value={choice}
          onChange={choose}
        />
      </div>
      {data === undefined && error !== null && (
        <Failure title="The deliveries could not be read" error={error} onRetry={refetch} />
      )}
      {data !== undefined && deliveries.length === 0 && (
        <Text size="sm" c="dimmed" className="panel-pad">
          {choice === "all" ? "Nothing was sent yet." : "There is none in this state."}
        </Text>
      )}
      {deliveries.length > 0 && <DeliveryTable id={id} deliveries={deliveries} />}
      <ShowMore hasMore={hasNextPage} isLoading={isFetchingNextPage} onMore={fetchNextPage} inPanel />
    </section>
  );
}

interface DeliveryTableProps {
  readonly id: string;
  readonly deliveries: readonly WebhookDelivery[];
}

function DeliveryTable({ id, deliveries }: DeliveryTableProps) {
  return (
    <div className="scroll">
      <Table horizontalSpacing="md" verticalSpacing="xs">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Event</Table.Th>
            <Table.Th className="wide">State</Table.Th>
            <Table.Th className="wide">Attempts</Table.Th>
            <Table.Th className="wide">Last change</Table.Th>
            <Table.Th aria-label="Send again" />
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {deliveries.map((delivery) => (
            <Table.Tr key={delivery.id}>
              <Table.Td className="break">
                {delivery.event}
                <Text size="xs" c="dimmed">
                  {delivery.subject}
                </Text>
                <div className="narrow">
                  <StateBadge state={delivery.state} />
                </div>
                {delivery.error !== null && (
                  <Text size="xs" c="red">
                    {delivery.error}
                  </Text>
                )}
              </Table.Td>
              <Table.Td className="wide">
                <StateBadge state={delivery.state} />
              </Table.Td>
              <Table.Td className="wide numbers">{delivery.attempts}</Table.Td>
              <Table.Td className="wide">
                <Ago at={delivery.updatedAt} />
              </Table.Td>
              <Table.Td ta="right">
                {delivery.state !== "pending" && <Replay webhook={id} delivery={delivery} />}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </div>
  );
}

interface ReplayProps {
  readonly webhook: string;
  readonly delivery: WebhookDelivery;
}

function Replay({ webhook, delivery }: ReplayProps) {
  const queries = useQueryClient();
  const { mutate, error, isPending } = useMutation({
    mutationFn: () => replay(webhook, delivery),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["webhooks", webhook, "deliveries"] }),
  });
  return (
    <Stack gap="xs" align="flex-end">
      <Button
        size="compact-sm"
        variant="light"
        loading={isPending}
        aria-label={`Send ${delivery.event} of ${delivery.subject} again`}
        onClick={() => mutate()}
      >
        Send again
      </Button>
      {error !== null && <Failure title="It was not sent again" error={error} />}
    </Stack>
  );
}
