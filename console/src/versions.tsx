import type { ModelSummary, ModelVersionSummary } from "@bedplate/contract";
import { Anchor, Button, Group, Table, Text, Title } from "@mantine/core";
import { useState } from "react";
import { Link } from "wouter";
import { Aliases } from "./models.tsx";
import { PromoteDialog } from "./promote.tsx";
import { Ago } from "./time.tsx";

/** The versions of a model; each may be made the one that is served. */
export function Versions({ model }: { readonly model: ModelSummary }) {
  const [chosen, choose] = useState<number | null>(null);
  const served = model.serving.state === "none" ? null : model.serving.version;
  return (
    <section className="panel" aria-labelledby="versions">
      <div className="panel-head">
        <Title order={2} id="versions">
          Versions
        </Title>
      </div>
      {model.versions.length === 0 ? (
        <Text size="sm" c="dimmed" className="panel-pad">
          This model has no version yet. Log one with any MLflow client under the name {model.name}.
        </Text>
      ) : (
        <div className="scroll">
          <Table horizontalSpacing="md" verticalSpacing="xs">
            <Table.Thead>
              <Table.Tr>
                <Table.Th>Version</Table.Th>
                <Table.Th className="wide">Run</Table.Th>
                <Table.Th className="wide">Created</Table.Th>
                <Table.Th aria-label="Serve" />
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {model.versions.map((version) => (
                <VersionRow
                  key={version.version}
                  model={model.name}
                  version={version}
                  served={version.version === served}
                  onPromote={() => choose(version.version)}
                />
              ))}
            </Table.Tbody>
          </Table>
        </div>
      )}
      <PromoteDialog model={model.name} served={served} version={chosen} onClose={() => choose(null)} />
    </section>
  );
}

interface VersionRowProps {
  readonly model: string;
  readonly version: ModelVersionSummary;
  readonly served: boolean;
  readonly onPromote: () => void;
}

function VersionRow({ model, version, served, onPromote }: VersionRowProps) {
  return (
    <Table.Tr>
      <Table.Td>
        <Group gap="xs">
          <Text size="sm" fw={600}>
            {version.version}
          </Text>
          <Aliases aliases={version.aliases} />
          <Anchor
            component={Link}
            href={`/models/${encodeURIComponent(model)}/versions/${version.version}`}
            size="sm"
          >
            Card
          </Anchor>
        </Group>
      </Table.Td>
      <Table.Td className="wide">
        {version.runId === null ? (
          "–"
        ) : (
          <Anchor component={Link} href={`/runs/${version.runId}`} size="sm" ff="monospace">
            {version.runId.slice(0, 8)}
          </Anchor>
        )}
      </Table.Td>
      <Table.Td className="wide">
        <Ago at={version.createdAt} />
      </Table.Td>
      <Table.Td ta="right">
        <Button
          size="compact-sm"
          variant="light"
          disabled={served}
          aria-label={`Promote version ${version.version}`}
          onClick={onPromote}
        >
          {served ? "Champion" : "Promote"}
        </Button>
      </Table.Td>
    </Table.Tr>
  );
}
