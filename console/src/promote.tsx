import { Button, Group, Modal, Stack, Text, TextInput } from "@mantine/core";
import { skipToken, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { checksQuery } from "./governance-api.ts";
import { promote } from "./platform-api.ts";
import { PromotionChecks } from "./promotion-checks.tsx";
import { Failure } from "./state.tsx";

interface PromoteDialogProps {
  readonly model: string;
  /** The version that the champion alias names now. */
  readonly served: number | null;
  /** The version to promote; the dialog is closed when null. */
  readonly version: number | null;
  readonly onClose: () => void;
}

/** Asks before another version is served. */
export function PromoteDialog({ model, served, version, onClose }: PromoteDialogProps) {
  const queries = useQueryClient();
  const [comment, setComment] = useState("");
  const { data: asked } = useQuery({
    ...checksQuery(model, version ?? 0),
    ...(version === null ? { queryFn: skipToken } : {}),
  });
  const { mutate, error, isPending, reset } = useMutation({
    mutationFn: (wanted: number) =>
      promote(model, { version: wanted, ...(comment.trim() === "" ? {} : { comment: comment.trim() }) }),
    onSuccess: async () => {
      await Promise.all([
        queries.invalidateQueries({ queryKey: ["models"] }),
        queries.invalidateQueries({ queryKey: ["platform"] }),
      ]);
      close();
    },
  });
  function close() {
    reset();
    setComment("");
    onClose();
  }
  return (
    <Modal
      opened={version !== null}
      onClose={close}
      title={`Promote version ${version ?? ""} of ${model}`}
      closeButtonProps={{ "aria-label": "Close" }}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (version !== null) mutate(version);
        }}
      >
        <Stack gap="md">
          <Text size="sm">
            {served === null
              ? `Version ${version} becomes the champion: it answers from then on.`
              : `Version ${version} becomes the champion and answers in place of version ${served}.`}{" "}
            It is checked first; if it cannot be served, nothing changes.
          </Text>
          <TextInput
            label="Why (optional)"
            maxLength={1000}
            value={comment}
            onChange={(event) => setComment(event.currentTarget.value)}
            data-autofocus
          />
          {asked !== undefined && <PromotionChecks checks={asked.checks} />}
          {error !== null && <Failure title="It was not promoted" error={error} />}
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={close}>
              Cancel
            </Button>
            <Button type="submit" loading={isPending} disabled={asked?.met === false}>
              Promote
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
