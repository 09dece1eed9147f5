import type { CatalogChart } from "../catalog.ts";

/** Where charts and images come from in place of their own registries. */
export interface Mirrors {
  /** A folder with `<chart>-<version>.tgz` files as `helm pull` writes them, or an `oci://` prefix. */
  readonly chartMirror?: string | undefined;
  /** Registry and path that stand before an image's own name. */
  readonly imageMirror?: string | undefined;
}

/** What a release is told about its chart. */
export interface ChartSource {
  readonly chart: string;
  readonly version: string;
  readonly repositoryOpts?: { readonly repo: string };
}

const isOci = (address: string) => address.startsWith("oci://");
const trimmed = (address: string) => address.replace(/\/+$/, "");

/** The file of a chart in a mirror that is a folder; undefined for any other mirror. */
export function mirroredFile({ chart, version }: CatalogChart, { chartMirror }: Mirrors): string | undefined {
  if (chartMirror === undefined || isOci(chartMirror)) return undefined;
  return `${trimmed(chartMirror)}/${chart}-${version}.tgz`;
}

/** Where a chart is taken from: its own repository, or the mirror. */
export function chartSource(entry: CatalogChart, mirrors: Mirrors): ChartSource {
  const { repo, chart, version } = entry;
  const file = mirroredFile(entry, mirrors);
  if (file !== undefined) return { chart: file, version };
  const source = mirrors.chartMirror ?? repo;
  if (isOci(source)) return { chart: `${trimmed(source)}/${chart}`, version };
  return { chart, version, repositoryOpts: { repo: source } };
}

/** An image's repository as the mirror has it: the whole name, registry included, under the mirror's prefix. */
export function mirroredImage(repository: string, { imageMirror }: Mirrors): string {
  return imageMirror === undefined ? repository : `${trimmed(imageMirror)}/${repository}`;
}

type Tree = Readonly<Record<string, unknown>>;

const isTree = (value: unknown): value is Tree =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function setAt(tree: Tree, [key, ...rest]: readonly string[], value: string): Tree {
  if (key === undefined) return tree;
  const below = tree[key];
  return { ...tree, [key]: rest.length === 0 ? value : setAt(isTree(below) ? below : {}, rest, value) };
}

/** The values of a chart with its images taken from the mirror; unchanged where there is none. */
export function mirroredValues(entry: CatalogChart, values: Tree, mirrors: Mirrors): Tree {
  if (mirrors.imageMirror === undefined) return values;
  return Object.entries(entry.images).reduce(
    (tree, [path, repository]) => setAt(tree, path.split("."), mirroredImage(repository, mirrors)),
    values,
  );
}

/** Where values hold null, which would take the chart's default away; dotted paths. */
export function nullsIn(value: unknown, path = ""): string[] {
  if (value === null) return [path];
  if (Array.isArray(value)) return value.flatMap((item, index) => nullsIn(item, `${path}[${index}]`));
  if (!isTree(value)) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    nullsIn(inner, path === "" ? key : `${path}.${key}`),
  );
}
