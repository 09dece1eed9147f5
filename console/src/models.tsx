import type { ModelSummary } from "@bedplate/contract";
import { Anchor, Badge, Code, Group, Stack, Table, Text, Title } from "@mantine/core";
import { useDocumentTitle } from "@mantine/hooks";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "wouter";
import { modelsQuery } from "./platform-api.ts";
import { Serving } from "./serving.tsx";
import { ShowMore } from "./show-more.tsx";
import { Empty, Failure, Loading } from "./state.tsx";
import { Ago } from "./time.tsx";

/** Every registered model and what is served of it. */
export function Models() {
  useDocumentTitle("Models · Bedplate");
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } =
    useInfiniteQuery(modelsQuery);
  const models = data?.pages.flatMap((page) => page.models) ?? [];
  return (
    <Stack gap="md">
      <Title order={1}>Models</Title>
      {data === undefined && error === null && <Loading />}
      {data === undefined && error !== null && (
        <Failure title="The models could not be read" error={error} onRetry={refetch} />
      )}
      {data !== undefined && models.length === 0 && <NoModels />}
      {models.length > 0 && <ModelTable models={models} />}
      <ShowMore hasMore={hasNextPage} isLoading={isFetchingNextPage} onMore={fetchNextPage} />
    </Stack>
  );
}

function NoModels() {
  return (
    <Empty title="No model is registered yet">
      <p>
        In the folder of the platform, <Code>npm start</Code> trains a first one on real data, registers it
        and serves it.
      </p>
      <p>
        To register one of your own, run <Code>eval "$(npx bedplate env)"</Code>, then log an ONNX model with
        any MLflow client: <Code>mlflow.onnx.log_model(…, registered_model_name="…")</Code>.
      </p>
    </Empty>
  );
}

function ModelTable({ models }: { readonly models: readonly ModelSummary[] }) {
  return (
    <div className="panel scroll">
      <Table highlightOnHover verticalSpacing="sm" horizontalSpacing="md">
        <Table.Thead>
          <Table.Tr>
            <Table.Th w="32%">Model</Table.Th>
            <Table.Th w="34%">Serving</Table.Th>
            <Table.Th className="wide nowrap">Newest versions</Table.Th>
            <Table.Th className="wide">Updated</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {models.map((model) => (
            <ModelRow key={model.name} model={model} />
          ))}
        </Table.Tbody>
      </Table>
    </div>
  );
}

const versionsShown = 3;

function ModelRow({ model }: { readonly model: ModelSummary }) {
  const rest = model.versions.length - versionsShown;
  return (
    <Table.Tr>
      <Table.Td>
        <Anchor
          component={Link}
          href={`/models/${encodeURIComponent(model.name)}`}
          fw={600}
          className="break"
        >
          {model.name}
        </Anchor>
        {model.description !== "" && (
          <Text size="xs" c="dimmed" lineClamp={1}>
            {model.description}
          </Text>
        )}
      </Table.Td>
      <Table.Td>
        <Serving status={model.serving} />
      </Table.Td>
      <Table.Td className="wide">
        <Group gap="sm">
          {model.versions.slice(0, versionsShown).map(({ version, aliases }) => (
            <Group key={version} gap={4} wrap="nowrap">
              <Text size="sm">{version}</Text>
              <Aliases aliases={aliases} />
            </Group>
          ))}
          {rest > 0 && (
            <Text size="xs" c="dimmed">
              and {rest} more
            </Text>
          )}
        </Group>
      </Table.Td>
      <Table.Td className="wide">
        <Ago at={model.updatedAt} />
      </Table.Td>
    </Table.Tr>
  );
}

/** The names that point at a version. */
export function Aliases({ aliases }: { readonly aliases: readonly string[] }) {
  return aliases.map((alias) => (
    <Badge
      key={alias}
      size="sm"
      radius="sm"
      variant="outline"
      color={alias === "champion" ? "sea" : "gray"}
      tt="none"
    >
      {alias}
    </Badge>
  ));
}
