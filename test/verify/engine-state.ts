import { z } from "zod";
import type { ReleasedResource } from "./release-state.ts";

/** What an engine exports of a stack that has nothing. */
const emptyExport = z.looseObject({ version: z.number(), deployment: z.looseObject({}) });

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null;

/** A secret as the engine takes it in from a file. */
const secret = (value: unknown) => ({
  "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
  plaintext: JSON.stringify(value),
});

/** The provider's own way to name an object, and what it keeps of it beside its fields. */
function madeOf({ type, name, inputs }: ReleasedResource): {
  id: string;
  outputs: Readonly<Record<string, unknown>>;
} {
  const metadata = isObject(inputs.metadata) ? inputs.metadata : inputs;
  if (!type.startsWith("kubernetes:")) return { id: `${name}-id`, outputs: { ...inputs, values: {} } };
  const id = [metadata.namespace, metadata.name].filter((part) => part !== undefined).join("/");
  // Of a release the provider takes for granted that they are a secret.
  const isRelease = type.startsWith("kubernetes:helm.sh/");
  const kept = {
    __inputs: isRelease ? secret(inputs) : inputs,
    __initialApiVersion: inputs.apiVersion,
    __fieldManager: "pulumi-kubernetes",
  };
  return { id, outputs: { ...inputs, ...kept } };
}

/**
 * A state of the engine with the resources of an earlier release, for `pulumi stack import`.
 * @param exported What `pulumi stack export` prints for the empty stack.
 */
export function engineState(stack: string, exported: string, released: readonly ReleasedResource[]): string {
  const empty = emptyExport.parse(JSON.parse(exported));
  const prefix = `urn:pulumi:${stack}::bedplate::`;
  const stackUrn = `${prefix}pulumi:pulumi:Stack::bedplate-${stack}`;
  const dynamic = { urn: `${prefix}pulumi:providers:pulumi-nodejs::default`, id: "default-id" };
  const resources = released.map((each) => {
    const { urn, type, custom, parent, protect, retainOnDelete, inputs } = each;
    const provider =
      each.provider || (type.startsWith("pulumi-nodejs:") ? `${dynamic.urn}::${dynamic.id}` : undefined);
    return {
      ...{ urn, type, custom, protect, retainOnDelete, parent: parent || stackUrn },
      ...(custom && { inputs, ...madeOf(each) }),
      ...(custom && !type.startsWith("pulumi:") && { provider }),
    };
  });
  const root = { urn: stackUrn, type: "pulumi:pulumi:Stack", custom: false };
  const provider = {
    ...dynamic,
    type: "pulumi:providers:pulumi-nodejs",
    custom: true,
    inputs: {},
    outputs: {},
  };
  return JSON.stringify({
    ...empty,
    deployment: { ...empty.deployment, resources: [root, provider, ...resources] },
  });
}
