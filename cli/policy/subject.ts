import { fieldsOf, plainData, unknownValue } from "@bedplate/policies/lib/plain-data.ts";
import type { ResourceView } from "@bedplate/policies/lib/rule.ts";

/** A resource to judge, with where a person finds it. */
export interface Subject {
  /** Path of the file that it stands in. */
  readonly file: string;
  /** How people call it: kind and name, or the engine's type and name. */
  readonly name: string;
  readonly view: ResourceView;
}

const text = (value: unknown) => (typeof value === "string" ? value : "");

/** A Kubernetes object as the engine would show it to a rule; null for what is no object of Kubernetes. */
export function manifestSubject(file: string, given: unknown): Subject | null {
  const properties = plainData(given);
  const { apiVersion, kind, metadata } = fieldsOf(properties);
  if (text(apiVersion) === "" || text(kind) === "") return null;
  const { name, namespace, generateName } = fieldsOf(metadata);
  const type = `kubernetes:${text(apiVersion).includes("/") ? text(apiVersion) : `core/${text(apiVersion)}`}:${text(kind)}`;
  const called = text(name) || text(generateName) || "(no name)";
  const where = text(namespace) === "" ? called : `${text(namespace)}/${called}`;
  return {
    file,
    name: `${text(kind)} ${where}`,
    view: { type, urn: `urn:pulumi:manifests::manifests::${type}::${where}`, custom: true, properties },
  };
}

/** What the engine writes into a state for a value that a preview cannot know. */
const unknownText = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
/** The key of an object that the engine puts in a special value's place, such as a secret's. */
const specialKey = "4dabf18193072939515e22adb298388d";

function decode(value: unknown): unknown {
  if (value === unknownText) return unknownValue;
  if (Array.isArray(value)) return value.map(decode);
  if (typeof value !== "object" || value === null) return value;
  if (specialKey in value) return unknownValue;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, decode(inner)]));
}

/** A resource of the engine's state or preview; null for what is none, and for the stack and its providers. */
export function stateSubject(file: string, given: unknown): Subject | null {
  const { urn, type, custom, inputs } = fieldsOf(given);
  if (text(urn) === "" || text(type) === "" || /^pulumi:(pulumi|providers):/.test(text(type))) return null;
  const name = `${text(type)} ${text(urn).split("::").slice(3).join("::")}`;
  const view = {
    type: text(type),
    urn: text(urn),
    custom: custom === true,
    properties: plainData(decode(inputs ?? {})),
  };
  return { file, name, view };
}
