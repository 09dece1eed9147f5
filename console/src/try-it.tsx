import type { TensorSpec } from "@bedplate/contract";
import { Button, Group, Stack, Text, Title } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { formatSpan } from "./format.ts";
import { postJson } from "./http.ts";
import { layOut } from "./prediction.ts";
import { PredictionView } from "./prediction-view.tsx";
import { Failure } from "./state.tsx";
import {
  fieldCount,
  type Read,
  readFields,
  readJson,
  sampleField,
  sampleJson,
  type Tensor,
} from "./tensor.ts";
import { type Draft, TensorInput } from "./tensor-input.tsx";

function draftOf(spec: TensorSpec): Draft {
  const count = fieldCount(spec);
  return {
    mode: count === null ? "json" : "fields",
    fields: Array.from({ length: count ?? 0 }, () => sampleField(spec.datatype)),
    json: sampleJson(spec),
  };
}

function readDraft(spec: TensorSpec, draft: Draft): Read<Tensor> {
  return draft.mode === "fields" ? readFields(spec, draft.fields) : readJson(spec, draft.json);
}

interface Answer {
  readonly outputs: readonly Tensor[];
}

async function infer(model: string, inputs: readonly Tensor[]) {
  const started = performance.now();
  const answer = await postJson<Answer>(`/v2/models/${encodeURIComponent(model)}/infer`, { inputs });
  return { table: layOut(answer.outputs), took: performance.now() - started };
}

interface TryItProps {
  readonly model: string;
  readonly inputs: readonly TensorSpec[];
}

/** A form made from the served version's inputs; it sends what any client would send. */
export function TryIt({ model, inputs }: TryItProps) {
  const [drafts, setDrafts] = useState(() => inputs.map(draftOf));
  const [problems, setProblems] = useState<readonly string[]>([]);
  const { mutate, data, error, isPending } = useMutation({
    mutationFn: (tensors: readonly Tensor[]) => infer(model, tensors),
  });

  function send() {
    const read = inputs.flatMap((spec, at) => {
      const draft = drafts[at];
      return draft === undefined ? [] : [readDraft(spec, draft)];
    });
    const found = read.flatMap((one) => ("problems" in one ? one.problems : []));
    setProblems(found);
    if (found.length === 0) mutate(read.flatMap((one) => ("value" in one ? [one.value] : [])));
  }

  return (
    <section className="panel" aria-labelledby="try-it">
      <div className="panel-head">
        <Title order={2} id="try-it">
          Try it
        </Title>
      </div>
      <form
        className="panel-pad"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          send();
        }}
      >
        <Stack gap="md">
          {inputs.map((spec, at) => (
            <TensorInput
              key={spec.name}
              spec={spec}
              draft={drafts[at] ?? draftOf(spec)}
              onChange={(next) =>
                setDrafts((all) => all.map((draft, index) => (index === at ? next : draft)))
              }
            />
          ))}
          <Group gap="md">
            <Button type="submit" loading={isPending}>
              Predict
            </Button>
            {data !== undefined && !isPending && (
              <Text size="sm" c="dimmed" className="numbers">
                answered in {formatSpan(data.took)}
              </Text>
            )}
          </Group>
          {problems.length > 0 && (
            <Stack gap={2} role="alert">
              {problems.map((problem) => (
                <Text key={problem} size="sm" c="red" className="break">
                  {problem}
                </Text>
              ))}
            </Stack>
          )}
          {problems.length === 0 && error !== null && <Failure title="No prediction" error={error} />}
          {problems.length === 0 && error === null && data !== undefined && (
            <PredictionView table={data.table} />
          )}
        </Stack>
      </form>
    </section>
  );
}
