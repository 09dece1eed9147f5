import type { ModelSummary, TensorSpec } from "@bedplate/contract";
import { Code, Stack, Table, Text, Title } from "@mantine/core";
import { useDocumentTitle } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { ModelHistory } from "./model-history.tsx";
import { PageHeader } from "./page-header.tsx";
import { modelQuery } from "./platform-api.ts";
import { ActiveRollout } from "./rollout.tsx";
import { Serving } from "./serving.tsx";
import { Empty, Failure, Loading } from "./state.tsx";
import { describeShape } from "./tensor.ts";
import { Ago } from "./time.tsx";
import { TryIt } from "./try-it.tsx";
import { Versions } from "./versions.tsx";

/** One registered model: what is served, a form to try it, its versions. */
export function Model({ name }: { readonly name: string }) {
  useDocumentTitle(`${name} · Bedplate`);
  const { data, error, refetch } = useQuery(modelQuery(name));
  return (
    <Stack gap="md">
      <PageHeader
        above={[{ label: "Models", href: "/" }]}
        here={name}
        title={name}
        aside={data !== undefined && <Serving status={data.serving} />}
      >
        {data !== undefined && data.description !== "" && (
          <Text size="sm" c="dimmed" mt={4}>
            {data.description}
          </Text>
        )}
      </PageHeader>
      {data === undefined && error === null && <Loading rows={6} />}
      {data === undefined && error !== null && (
        <Failure title="The model could not be read" error={error} onRetry={refetch} />
      )}
      {data !== undefined && <ActiveRollout model={name} />}
      {data !== undefined && <Use model={data} />}
      {data !== undefined && <Versions model={data} />}
      {data !== undefined && <ModelHistory name={name} />}
    </Stack>
  );
}

function Use({ model }: { readonly model: ModelSummary }) {
  const { serving } = model;
  if (serving.state !== "ready") {
    return (
      <Empty title="Nothing to try yet">
        {serving.state === "loading"
          ? `Version ${serving.version} is being loaded.`
          : "No version of this model answers. Promote one below: it is checked first, and served at once."}
      </Empty>
    );
  }
  return (
    <div className="columns">
      <TryIt key={serving.digest} model={model.name} inputs={serving.inputs} />
      <section className="panel" aria-labelledby="served">
        <div className="panel-head">
          <Title order={2} id="served">
            What is served
          </Title>
          <Text size="sm" c="dimmed">
            version {serving.version}, loaded <Ago at={serving.loadedAt} />
          </Text>
        </div>
        <Signature title="Inputs" specs={serving.inputs} />
        <Signature title="Outputs" specs={serving.outputs} />
        <Stack gap={4} className="panel-pad">
          <Text size="xs" c="dimmed">
            Open Inference Protocol
          </Text>
          <Code className="break">{`POST /v2/models/${encodeURIComponent(model.name)}/infer`}</Code>
          <Text size="xs" c="dimmed" mt="xs">
            SHA-256 of the ONNX file
          </Text>
          <Code className="break">{serving.digest}</Code>
        </Stack>
      </section>
    </div>
  );
}

function Signature({ title, specs }: { readonly title: string; readonly specs: readonly TensorSpec[] }) {
  return (
    <div className="scroll signature">
      <Table horizontalSpacing="md" layout="fixed">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{title}</Table.Th>
            <Table.Th w="6rem">Type</Table.Th>
            <Table.Th w="8rem">Shape</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {specs.map((spec) => (
            <Table.Tr key={spec.name}>
              <Table.Td className="break">{spec.name}</Table.Td>
              <Table.Td>{spec.datatype}</Table.Td>
              <Table.Td>{describeShape(spec.shape)}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </div>
  );
}
