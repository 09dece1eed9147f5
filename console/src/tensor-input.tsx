import type { TensorSpec } from "@bedplate/contract";
import { Group, SegmentedControl, Text, Textarea, TextInput } from "@mantine/core";
import { useId } from "react";
import { describeShape, fieldCount } from "./tensor.ts";

/** What was typed for one input, in both ways of typing it. */
export interface Draft {
  readonly mode: "fields" | "json";
  readonly fields: readonly string[];
  readonly json: string;
}

interface TensorInputProps {
  readonly spec: TensorSpec;
  readonly draft: Draft;
  readonly onChange: (draft: Draft) => void;
}

/** One input of a model: a field for each value of a row, or rows as JSON. */
export function TensorInput({ spec, draft, onChange }: TensorInputProps) {
  const id = useId();
  const single = draft.fields.length === 1;
  return (
    <fieldset aria-labelledby={id}>
      <Group justify="space-between" mb={6} gap="xs">
        <Text size="sm" id={id} className="break">
          <b>{spec.name}</b>{" "}
          <Text span inherit c="dimmed">
            {spec.datatype} {describeShape(spec.shape)}
          </Text>
        </Text>
        {fieldCount(spec) !== null && (
          <SegmentedControl
            size="xs"
            aria-label={`How to enter ${spec.name}`}
            transitionDuration={0}
            value={draft.mode}
            onChange={(mode) => onChange({ ...draft, mode: mode === "json" ? "json" : "fields" })}
            data={[
              { value: "fields", label: single ? "Value" : "Values" },
              { value: "json", label: "Rows as JSON" },
            ]}
          />
        )}
      </Group>
      {draft.mode === "fields" ? (
        <div className="cells">
          {draft.fields.map((text, at) => (
            <TextInput
              // biome-ignore lint/suspicious/noArrayIndexKey: a value is its place in the row
              key={at}
              aria-label={single ? spec.name : `${spec.name} ${at}`}
              inputMode={spec.datatype === "BYTES" || spec.datatype === "BOOL" ? "text" : "decimal"}
              leftSection={
                single ? undefined : (
                  <Text size="xs" c="dimmed">
                    {at}
                  </Text>
                )
              }
              value={text}
              onChange={(event) => {
                const typed = event.currentTarget.value;
                onChange({
                  ...draft,
                  fields: draft.fields.map((old, index) => (index === at ? typed : old)),
                });
              }}
            />
          ))}
        </div>
      ) : (
        <Textarea
          aria-label={`${spec.name} as JSON`}
          autosize
          minRows={2}
          maxRows={12}
          spellCheck={false}
          styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)" } }}
          value={draft.json}
          onChange={(event) => onChange({ ...draft, json: event.currentTarget.value })}
        />
      )}
    </fieldset>
  );
}
