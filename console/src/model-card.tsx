import type { ModelCard as Card } from "@bedplate/contract";
import { Anchor, Badge, Code, Group, Stack, Table, Text, Title } from "@mantine/core";
import { useDocumentTitle } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { Approvals } from "./approvals.tsx";
import { PageHeader } from "./page-header.tsx";
import { cardAddress, cardQuery } from "./platform-api.ts";
import { Failure, Loading } from "./state.tsx";

interface ModelCardProps {
  readonly name: string;
  readonly version: number;
}

/** The card of one version: what is known of it, and what is not. */
export function ModelCard({ name, version }: ModelCardProps) {
  useDocumentTitle(`${name}, version ${version} · Bedplate`);
  const { data, error, refetch } = useQuery(cardQuery(name, version));
  return (
    <Stack gap="md">
      <PageHeader
        above={[
          { label: "Models", href: "/" },
          { label: name, href: `/models/${encodeURIComponent(name)}` },
        ]}
        here={`version ${version}`}
        title={`${name}, version ${version}`}
        aside={
          <Anchor href={`${cardAddress(name, version)}?format=markdown`} size="sm">
            As Markdown
          </Anchor>
        }
      />
      {data === undefined && error === null && <Loading rows={6} />}
      {data === undefined && error !== null && (
        <Failure title="The model card could not be read" error={error} onRetry={refetch} />
      )}
      {data !== undefined && <Approvals model={name} version={version} />}
      {data !== undefined && <Sections card={data} />}
    </Stack>
  );
}

const signatureColors = { valid: "teal", missing: "gray", invalid: "red" } as const;

function Sections({ card }: { readonly card: Card }) {
  const { sections, signature } = card;
  return (
    <>
      <Rows
        title="What is missing"
        columns={["Part", "What to do"]}
        rows={card.missing.map(({ part, todo }) => [part, todo])}
      />
      <Prose title="Intended use" text={sections.intendedUse} />
      <Prose title="Limitations" text={sections.limitations} />
      <Prose title="Ethical considerations" text={sections.ethicalConsiderations} />
      <Prose title="Owner and licence" text={[sections.owner, sections.licence].filter(Boolean).join(", ")} />
      <section className="panel" aria-label="Signature">
        <Group className="panel-head">
          <Title order={2}>Signature</Title>
          <Badge color={signatureColors[signature.state]} variant="light" radius="sm" tt="none">
            {signature.state}
          </Badge>
        </Group>
        <Stack gap={4} className="panel-pad">
          {signature.signatures.map((one) => (
            <div key={one.keyId}>
              <Code className="break">{one.keyId}</Code>
              <Text size="sm">{one.valid ? `by ${one.createdBy}` : one.problems.join(" ")}</Text>
            </div>
          ))}
        </Stack>
      </section>
      <Rows
        title="Data sets"
        columns={["Name", "Digest", "Use"]}
        rows={card.datasets.map((one) => [one.name, one.digest, one.context ?? "–"])}
      />
      <Rows
        title="Metrics"
        columns={["Name", "Value"]}
        rows={card.metrics.map((one) => [one.key, String(one.value ?? "NaN")])}
      />
      <Rows
        title="Parameters"
        columns={["Name", "Value"]}
        rows={card.parameters.map((one) => [one.key, one.value])}
      />
      <Rows
        title="Files"
        columns={["Path", "SHA-256"]}
        rows={card.artifacts.map((one) => [one.path, one.digest])}
      />
      <Rows
        title="History"
        columns={["When", "Who", "What"]}
        rows={card.history.map((one) => [new Date(one.at).toLocaleString(), one.actor, one.what])}
      />
      <Lineage card={card} />
    </>
  );
}

function Lineage({ card: { lineage } }: { readonly card: Card }) {
  const labels = new Map(lineage.nodes.map((node) => [node.id, node.label]));
  const rows = lineage.edges.map(({ from, to }) => [labels.get(from) ?? from, labels.get(to) ?? to]);
  return <Rows title="Lineage" columns={["From", "To"]} rows={rows} />;
}

function Prose({ title, text }: { readonly title: string; readonly text: string }) {
  if (text.trim() === "") return null;
  return (
    <section className="panel" aria-label={title}>
      <div className="panel-head">
        <Title order={2}>{title}</Title>
      </div>
      <Text size="sm" className="panel-pad break" style={{ whiteSpace: "pre-wrap" }}>
        {text}
      </Text>
    </section>
  );
}

interface RowsProps {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

function Rows({ title, columns, rows }: RowsProps) {
  if (rows.length === 0) return null;
  return (
    <section className="panel" aria-label={title}>
      <div className="panel-head">
        <Title order={2}>{title}</Title>
      </div>
      <div className="scroll">
        <Table horizontalSpacing="md" verticalSpacing="xs">
          <Table.Thead>
            <Table.Tr>
              {columns.map((column) => (
                <Table.Th key={column}>{column}</Table.Th>
              ))}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {rows.map((row) => (
              <Table.Tr key={row.join("\n")}>
                {columns.map((column, at) => (
                  <Table.Td key={column} {...(at > 0 ? { className: "break" } : {})}>
                    {row[at]}
                  </Table.Td>
                ))}
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </div>
    </section>
  );
}
