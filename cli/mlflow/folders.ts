import { createHash } from "node:crypto";
import type { Readable } from "node:stream";
import { readPages } from "./pages.ts";
import type { ReportWriter } from "./report.ts";
import { encodePath, type Server } from "./server.ts";
import type { File } from "./words.ts";

/** The files of a run or of a logged model, on one server. */
export interface Folder {
  readonly list: (path: string) => AsyncGenerator<File>;
  readonly open: (path: string) => Promise<Readable>;
  /** Null where the server keeps files in a place that clients write to by themselves. */
  readonly store: ((path: string, content: Readable, bytes: number) => Promise<void>) | null;
}

/** Folders that one walk may enter below one another; deeper ones are taken for a loop. */
const depthLimit = 64;

/** Path in the server's artifact store that an `mlflow-artifacts:` address names; null for other places. */
export function proxiedPath(uri: string): string | null {
  const [, path] = /^mlflow-artifacts:(?:\/\/[^/]*)?\/+(.*)$/.exec(uri) ?? [];
  return path === undefined ? null : path.replace(/\/+$/, "");
}

function folderAt(
  server: Server,
  uri: string,
  list: Folder["list"],
  openElsewhere: (path: string) => Promise<Readable>,
): Folder {
  const root = proxiedPath(uri);
  if (root === null) return { list, open: openElsewhere, store: null };
  return {
    list,
    open: (path) => server.open(`/api/2.0/mlflow-artifacts/artifacts/${encodePath(`${root}/${path}`)}`),
    store: (path, content, bytes) => server.store(`${root}/${path}`, content, bytes),
  };
}

export const runFolder = (server: Server, run_id: string, uri: string): Folder =>
  folderAt(
    server,
    uri,
    (path) => readPages(server).folder("artifacts/list", path === "" ? { run_id } : { run_id, path }),
    (path) => server.open("/get-artifact", { run_id, path }),
  );

export const loggedModelFolder = (server: Server, id: string, uri: string): Folder =>
  folderAt(
    server,
    uri,
    (path) =>
      readPages(server).folder(
        `logged-models/${encodeURIComponent(id)}/artifacts/directories`,
        path === "" ? {} : { artifact_directory_path: path },
      ),
    (path) =>
      server.open(`/ajax-api/2.0/mlflow/logged-models/${encodeURIComponent(id)}/artifacts/files`, {
        artifact_file_path: path,
      }),
  );

/** The files below a folder, one folder at a time. */
async function* walk(
  folder: Folder,
  path = "",
  depth = 0,
): AsyncGenerator<readonly [string, readonly File[]]> {
  if (depth > depthLimit) throw new Error(`the folder ${path} is more than ${depthLimit} deep`);
  const entries: File[] = [];
  for await (const entry of folder.list(path)) entries.push(entry);
  entries.sort((a, b) => (a.path < b.path ? -1 : 1));
  yield [path, entries.filter(({ is_dir }) => !is_dir)];
  for (const { path: below, is_dir } of entries) if (is_dir) yield* walk(folder, below, depth + 1);
}

/** A digest of the names and sizes of all files below a folder. */
export async function digestFolder(folder: Folder): Promise<string> {
  const hash = createHash("sha256");
  for await (const [, files] of walk(folder)) {
    for (const { path, file_size } of files) hash.update(`${JSON.stringify(path)}:${file_size}\n`);
  }
  return hash.digest("hex");
}

/** Copies the files that the other folder lacks or has with another size, as streams. */
export async function copyFolder(
  from: Folder,
  to: Folder,
  what: string,
  report: ReportWriter,
): Promise<void> {
  for await (const [path, files] of walk(from)) {
    if (files.length === 0) continue;
    if (to.store === null) {
      report.skip(
        `${files.length} files of ${what}`,
        "the other server does not take artifacts (--serve-artifacts)",
      );
      continue;
    }
    const there = new Map<string, number>();
    for await (const file of to.list(path)) if (!file.is_dir) there.set(file.path, file.file_size);
    for (const file of files) {
      if (there.get(file.path) === file.file_size) {
        report.count("files", "there");
        continue;
      }
      await to.store(file.path, await from.open(file.path), file.file_size);
      report.count("files", there.has(file.path) ? "changed" : "made");
      report.addBytes(file.file_size);
    }
  }
}
