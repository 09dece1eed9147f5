import type { Approval, ApprovalRequest } from "@bedplate/contract";
import { Badge, Button, Group, Stack, Table, Text, TextInput, Title } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { approvalsQuery, approve, identityQuery, takeBack } from "./governance-api.ts";
import { Failure, Loading } from "./state.tsx";
import { Ago } from "./time.tsx";

interface ApprovalsProps {
  readonly model: string;
  readonly version: number;
}

/** What people decided about a version, and a form to decide. */
export function Approvals({ model, version }: ApprovalsProps) {
  const { data, error, refetch } = useQuery(approvalsQuery(model, version));
  if (data === undefined) {
    return error === null ? (
      <Loading />
    ) : (
      <Failure title="The approvals could not be read" error={error} onRetry={refetch} />
    );
  }
  return (
    <section className="panel" aria-labelledby="approvals">
      <div className="panel-head">
        <Title order={2} id="approvals">
          Approvals
        </Title>
      </div>
      {data.approvals.length > 0 && <Decisions approvals={data.approvals} />}
      <Decide model={model} version={version} />
    </section>
  );
}

function Decisions({ approvals }: { readonly approvals: readonly Approval[] }) {
  const { data: me } = useQuery(identityQuery);
  return (
    <div className="scroll">
      <Table horizontalSpacing="md" verticalSpacing="xs">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Decision</Table.Th>
            <Table.Th>Who</Table.Th>
            <Table.Th className="wide">When</Table.Th>
            <Table.Th aria-label="Take back" />
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {approvals.toReversed().map((one) => (
            <Table.Tr key={one.id}>
              <Table.Td className="break">
                <Verdict approval={one} />
                <Text size="xs" c="dimmed">
                  {one.reason}
                </Text>
              </Table.Td>
              <Table.Td>{one.actor}</Table.Td>
              <Table.Td className="wide">
                <Ago at={one.time} />
              </Table.Td>
              <Table.Td ta="right">
                {one.withdrawnAt === null && one.actor === me?.name && <TakeBack approval={one} />}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </div>
  );
}

function Verdict({ approval: { decision, current, withdrawnAt } }: { readonly approval: Approval }) {
  const counts = withdrawnAt === null && current;
  const color = decision === "approve" ? "teal" : "red";
  return (
    <Group gap="xs">
      <Badge color={counts ? color : "gray"} variant="light" radius="sm" tt="none">
        {decision === "approve" ? "Approved" : "Rejected"}
      </Badge>
      {withdrawnAt !== null && <Text size="xs">taken back</Text>}
      {withdrawnAt === null && !current && <Text size="xs">for other files than it has now</Text>}
    </Group>
  );
}

/** Reads everything of a model again that a decision may change. */
function useDecision<T>(model: string, decide: (wanted: T) => Promise<Approval>) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: decide,
    onSuccess: () => queries.invalidateQueries({ queryKey: ["models", model] }),
  });
}

function TakeBack({ approval }: { readonly approval: Approval }) {
  const { mutate, error, isPending } = useDecision(approval.model, () => takeBack(approval));
  return (
    <Stack gap="xs" align="flex-end">
      <Button size="compact-sm" variant="default" loading={isPending} onClick={() => mutate(undefined)}>
        Take back
      </Button>
      {error !== null && <Failure title="It was not taken back" error={error} />}
    </Stack>
  );
}

function Decide({ model, version }: ApprovalsProps) {
  const [reason, setReason] = useState("");
  const { mutate, error, isPending } = useDecision(model, async (wanted: ApprovalRequest) => {
    const given = await approve(model, version, wanted);
    setReason("");
    return given;
  });
  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    // Which of the two buttons was pressed; Enter in the field approves nothing by itself.
    const { submitter } = event.nativeEvent as SubmitEvent;
    const decision = submitter instanceof HTMLButtonElement ? submitter.value : "";
    if (decision === "approve" || decision === "reject") mutate({ decision, reason: reason.trim() });
  }
  const empty = reason.trim() === "";
  return (
    <form onSubmit={submit} className="panel-pad">
      <Stack gap="sm">
        <TextInput
          label="Why"
          maxLength={1000}
          value={reason}
          onChange={(event) => setReason(event.currentTarget.value)}
        />
        {error !== null && <Failure title="It was not decided" error={error} />}
        <Group gap="xs">
          <Button type="submit" value="approve" size="compact-sm" disabled={empty} loading={isPending}>
            Approve
          </Button>
          <Button
            type="submit"
            value="reject"
            size="compact-sm"
            color="red"
            variant="light"
            disabled={empty}
            loading={isPending}
          >
            Reject
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
