import { Anchor, Code, Stack, Table, Text, Title } from "@mantine/core";
import { useDocumentTitle } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { Link } from "wouter";
import { StateBadge } from "./run-state.tsx";
import { Empty, Failure, Loading } from "./state.tsx";
import { Ago } from "./time.tsx";
import { eventName, type Webhook, webhooksQuery } from "./webhook-api.ts";

/** Every webhook: where events go. */
export function Webhooks() {
  useDocumentTitle("Webhooks · Bedplate");
  const { data, error, refetch } = useQuery(webhooksQuery);
  return (
    <Stack gap="md">
      <Title order={1}>Webhooks</Title>
      {data === undefined && error === null && <Loading />}
      {data === undefined && error !== null && (
        <Failure title="The webhooks could not be read" error={error} onRetry={refetch} />
      )}
      {data?.webhooks.length === 0 && (
        <Empty title="No webhook yet">
          <p>
            A webhook sends what happens in the registry to an address of yours, signed and at least once.
          </p>
          <p>
            Make one with any MLflow client: <Code>MlflowClient().create_webhook(name, url, events)</Code>.
          </p>
        </Empty>
      )}
      {data !== undefined && data.webhooks.length > 0 && <WebhookTable webhooks={data.webhooks} />}
    </Stack>
  );
}

function WebhookTable({ webhooks }: { readonly webhooks: readonly Webhook[] }) {
  return (
    <div className="panel scroll">
      <Table highlightOnHover horizontalSpacing="md" verticalSpacing="xs">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Webhook</Table.Th>
            <Table.Th>State</Table.Th>
            <Table.Th className="wide">Events</Table.Th>
            <Table.Th className="wide">Created</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {webhooks.map((webhook) => (
            <Table.Tr key={webhook.webhook_id}>
              <Table.Td>
                <Anchor
                  component={Link}
                  href={`/webhooks/${encodeURIComponent(webhook.webhook_id)}`}
                  size="sm"
                  fw={600}
                  className="break"
                >
                  {webhook.name}
                </Anchor>
                <Text size="xs" c="dimmed" className="break">
                  {webhook.url}
                </Text>
              </Table.Td>
              <Table.Td>
                <StateBadge state={webhook.status} />
              </Table.Td>
              <Table.Td className="wide break">{webhook.events.map(eventName).join(", ")}</Table.Td>
              <Table.Td className="wide">
                <Ago at={webhook.creation_timestamp} />
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </div>
  );
}
