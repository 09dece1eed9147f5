import { createHash } from "node:crypto";
import { Document, parse, visit } from "yaml";
import type { RecordedResource } from "../support/recorded-program.ts";
import { withoutDefaults } from "./own-settings.ts";

/** A resource as a golden file has it: what a reader of a diff wants to see, and nothing that all share. */
export interface GoldenResource {
  readonly protect?: true;
  readonly retainOnDelete?: true;
  readonly inputs: Readonly<Record<string, unknown>>;
}

/** What a stack registers: labels that all its objects have, then resources by component, each sorted by its name. */
export interface GoldenFile {
  readonly labels: Readonly<Record<string, string>>;
  /** `<parent types>::<component's name>` to `<type> <name>` to the resource. */
  readonly components: Readonly<Record<string, Readonly<Record<string, GoldenResource>>>>;
}

const flowWidth = 90;
const lineWidth = 120;
/** Texts of as many characters are told by their digest. */
const digestFrom = 250;
/** Parts with as many characters are written once. */
const sharedFrom = 120;
const isMap = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function labelsOf({ inputs }: RecordedResource): Readonly<Record<string, unknown>> | undefined {
  const labels = isMap(inputs.metadata) ? inputs.metadata.labels : undefined;
  return isMap(labels) ? labels : undefined;
}

/** The labels that every object has, with the same value. */
function sharedLabels(resources: readonly RecordedResource[]): Record<string, string> {
  const all = resources.map(labelsOf).filter((labels) => labels !== undefined);
  const [first = {}] = all;
  const shared = Object.entries(first).filter(([key, value]) => all.every((labels) => labels[key] === value));
  return Object.fromEntries(shared.map(([key, value]) => [key, String(value)]));
}

/** Without what stands elsewhere: shared labels, the kind that the type says, the text of a dynamic provider. */
function ownInputs(resource: RecordedResource, shared: Readonly<Record<string, string>>) {
  const { apiVersion: _apiVersion, kind: _kind, __provider: _provider, ...inputs } = resource.inputs;
  const labels = labelsOf(resource);
  if (labels === undefined) {
    const own = isMap(inputs.labels)
      ? Object.fromEntries(Object.entries(inputs.labels).filter(([key, value]) => shared[key] !== value))
      : {};
    const { labels: _labels, ...rest } = inputs;
    return Object.keys(own).length === 0 ? rest : { ...rest, labels: own };
  }
  const own = Object.entries(labels).filter(([key, value]) => shared[key] !== value);
  const { labels: _labels, ...metadata } = isMap(inputs.metadata) ? inputs.metadata : {};
  return {
    ...inputs,
    metadata: { ...metadata, ...(own.length > 0 && { labels: Object.fromEntries(own) }) },
  };
}

/** `<types of the parents>::<name>` of a URN, without the stack's and the project's name. */
const shortUrn = (urn: string) => urn.split("::").slice(2).join("::");

const sorted = <T>(entries: readonly (readonly [string, T])[]): Record<string, T> =>
  Object.fromEntries([...entries].sort(([a], [b]) => (a < b ? -1 : 1)));

/** Long texts (programs, dashboards, rules) stand in files of their own; here it is enough that they did not change. */
function withDigests(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withDigests);
  if (isMap(value))
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withDigests(inner)]));
  if (typeof value !== "string" || value.length < digestFrom) return value;
  return `${value.length} characters, sha256 ${createHash("sha256").update(value).digest("hex").slice(0, 16)}`;
}

/** What a program registered, as a golden file has it. */
export function goldenOf(resources: readonly RecordedResource[]): GoldenFile {
  const labels = sharedLabels(resources);
  const groups = new Map<string, [string, GoldenResource][]>();
  for (const resource of resources) {
    if (!resource.custom) continue;
    const { parent, type, name, protect, retainOnDelete } = resource;
    const group = groups.get(shortUrn(parent)) ?? [];
    groups.set(shortUrn(parent), group);
    group.push([
      `${type} ${name}`,
      {
        ...(protect && { protect }),
        ...(retainOnDelete && { retainOnDelete }),
        inputs: Object(withDigests(withoutDefaults(ownInputs(resource, labels)))),
      },
    ]);
  }
  return { labels, components: sorted([...groups].map(([name, group]) => [name, sorted(group)])) };
}

/** Parts that are equal become one, so that YAML writes the first and refers to it from the others. */
function shareEqual(value: unknown, seen = new Map<string, unknown>()): unknown {
  if (typeof value !== "object" || value === null) return value;
  const text = JSON.stringify(value);
  const known = seen.get(text);
  if (known !== undefined) return known;
  const shared = Array.isArray(value)
    ? value.map((each) => shareEqual(each, seen))
    : Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, shareEqual(inner, seen)]));
  if (text.length > sharedFrom) seen.set(text, shared);
  return shared;
}

/** YAML with sorted keys, in which what fits on a line is on one line and what is there twice is written once. */
export function compactYaml(value: unknown, head: string): string {
  const document = new Document(shareEqual(ordered(value)), { anchorPrefix: "same" });
  visit(document, {
    Collection(_key, node) {
      const text = JSON.stringify(node);
      if (text.length < flowWidth && !text.includes("\\n")) node.flow = true;
    },
  });
  document.commentBefore = ` ${head}`;
  return document.toString({ lineWidth, flowCollectionPadding: true });
}

export const readGolden = (text: string): GoldenFile => parseShared(text);

/** Reads what `compactYaml` wrote: every reference is one that it made. */
export const parseShared = (text: string) => parse(text, { maxAliasCount: -1 });

function flat({ labels, components }: GoldenFile): Map<string, string> {
  const all = Object.entries(components).flatMap(([component, resources]) =>
    Object.entries(resources).map(([name, resource]) => [`${name} (${component})`, resource] as const),
  );
  return new Map(
    [["labels", labels] as const, ...all].map(([name, value]) => [name, JSON.stringify(ordered(value))]),
  );
}

/** With keys in order, so that equal things are equal texts. */
function ordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(ordered);
  if (!isMap(value)) return value;
  return sorted(Object.entries(value).map(([key, inner]) => [key, ordered(inner)]));
}

/** Paths at which two values differ. */
function differences(before: unknown, after: unknown, path = ""): string[] {
  const isBoth = (both: (value: unknown) => boolean) => both(before) && both(after);
  if (isBoth(isMap) || isBoth(Array.isArray)) {
    const [a, b] = [before, after] as [Record<string, unknown>, Record<string, unknown>];
    const keys = [...new Set([...Object.keys(a), ...Object.keys(b)])];
    return keys.flatMap((key) => differences(a[key], b[key], path === "" ? key : `${path}.${key}`));
  }
  const shown = (value: unknown) => (JSON.stringify(value) ?? "(nothing)").slice(0, 80);
  return shown(before) === shown(after) && JSON.stringify(before) === JSON.stringify(after)
    ? []
    : [`${path}: ${shown(before)} -> ${shown(after)}`];
}

/** What changed from a golden file to what a program registers now, a line each; empty where nothing did. */
export function goldenChanges(before: GoldenFile, after: GoldenFile): string[] {
  const [old, now] = [flat(before), flat(after)];
  const names = [...new Set([...old.keys(), ...now.keys()])];
  return names.flatMap((name) => {
    const [was, is] = [old.get(name), now.get(name)];
    if (was === is) return [];
    if (was === undefined) return [`+ ${name}`];
    if (is === undefined) return [`- ${name}`];
    return [`~ ${name}`, ...differences(JSON.parse(was), JSON.parse(is)).map((line) => `    ${line}`)];
  });
}
