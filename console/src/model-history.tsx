import type { HistoryEntry } from "@bedplate/contract";
import { Table, Text, Title } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { historyQuery } from "./governance-api.ts";
import { ShowMore } from "./show-more.tsx";
import { Failure, Loading } from "./state.tsx";
import { Ago } from "./time.tsx";

const of = (version: number | null) => (version === null ? "no version" : `version ${version}`);

/** A change in words. */
function describeChange(entry: HistoryEntry): string {
  if (entry.kind === "stage") return `Version ${entry.version}: stage ${entry.to} (before: ${entry.from})`;
  if (entry.action === "deleted") return `Alias ${entry.alias} taken from ${of(entry.from)}`;
  const verb = entry.action === "rolled-back" ? "rolled back" : "set";
  return `Alias ${entry.alias} ${verb} to ${of(entry.to)} (before: ${of(entry.from)})`;
}

/** Every change of a model's aliases and stages, newest first. */
export function ModelHistory({ name }: { readonly name: string }) {
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery(
    historyQuery(name),
  );
  if (data === undefined) {
    return error === null ? (
      <Loading />
    ) : (
      <Failure title="The history could not be read" error={error} onRetry={refetch} />
    );
  }
  const entries = data.pages.flatMap((page) => page.entries);
  return (
    <section className="panel" aria-labelledby="history">
      <div className="panel-head">
        <Title order={2} id="history">
          History
        </Title>
      </div>
      {entries.length === 0 ? (
        <Text size="sm" c="dimmed" className="panel-pad">
          No version was given an alias or a stage yet.
        </Text>
      ) : (
        <Changes entries={entries} />
      )}
      <ShowMore hasMore={hasNextPage} isLoading={isFetchingNextPage} onMore={fetchNextPage} inPanel />
    </section>
  );
}

function Changes({ entries }: { readonly entries: readonly HistoryEntry[] }) {
  return (
    <div className="scroll">
      <Table horizontalSpacing="md" verticalSpacing="xs">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>What</Table.Th>
            <Table.Th>Who</Table.Th>
            <Table.Th>When</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {entries.map((entry) => (
            <Table.Tr key={entry.sequence}>
              <Table.Td className="break">
                {describeChange(entry)}
                {entry.comment !== null && (
                  <Text size="xs" c="dimmed">
                    {entry.comment}
                  </Text>
                )}
              </Table.Td>
              <Table.Td>{entry.actor}</Table.Td>
              <Table.Td>
                <Ago at={entry.time} />
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </div>
  );
}
