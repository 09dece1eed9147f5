import { Table, Text } from "@mantine/core";
import { formatNumber } from "./format.ts";
import type { PredictionTable } from "./prediction.ts";

/** The outputs of a prediction. */
export function PredictionView({ table }: { readonly table: PredictionTable }) {
  return (
    <div role="status" aria-label="Prediction">
      <div className="scroll">
        <Table withTableBorder withColumnBorders verticalSpacing={4}>
          <Table.Thead>
            <Table.Tr>
              {table.columns.map((column) => (
                <Table.Th key={column} className="nowrap">
                  {column}
                </Table.Th>
              ))}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {table.rows.map((row, at) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: a row is its place in the batch
              <Table.Tr key={at}>
                {row.map((value, column) => (
                  <Table.Td key={table.columns[column]} className="numbers">
                    {typeof value === "number" ? formatNumber(value) : String(value)}
                  </Table.Td>
                ))}
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </div>
      {table.left !== null && (
        <Text size="xs" c="dimmed" mt={4}>
          Not shown: {table.left}
        </Text>
      )}
    </div>
  );
}
