import * as pulumi from "@pulumi/pulumi";

/** A resource as it was registered. */
export interface Registered {
  readonly type: string;
  readonly name: string;
  readonly custom: boolean;
  readonly inputs: Record<string, unknown>;
}

/**
 * Stands in for the engine and records what is registered; for tests of components. In a preview nothing is made, so
 * ids and what resources find out themselves are not known.
 */
export function recordResources({ preview = false } = {}): Registered[] {
  const registered: Registered[] = [];
  pulumi.runtime.setMocks(
    {
      newResource: ({ type, name, inputs, id, custom = true }) => {
        // What has an id already is read, not made.
        if (id !== undefined && id !== "") return { id, state: inputs };
        registered.push({ type, name, custom, inputs });
        return {
          id: preview ? "" : `${name}-id`,
          state: { ...inputs, ...(!preview && type.endsWith(":LocalProcess") && { pid: 4711 }) },
        };
      },
      call: ({ inputs }) => inputs,
    },
    "bedplate",
    "test",
    preview,
  );
  return registered;
}

/** Waits for the value of an output. */
export function settledValue<T>(output: pulumi.Output<T>): Promise<T> {
  return new Promise((resolve) => {
    output.apply((value) => resolve(value as T));
  });
}
