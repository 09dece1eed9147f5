import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { folderProblem } from "./folder-keeper.ts";
import type { LocalProvider } from "./provider.ts";

/** A secret that the stack's config holds, written to a file of mode 0600 for a process to read. */
export interface SecretCopySettings {
  readonly path: string;
  /** Encrypted in the state. */
  readonly value?: string;
  readonly labels: Readonly<Record<string, string>>;
}

interface SecretCopyState extends SecretCopySettings {
  /** Tells a changed secret without keeping it. */
  readonly digest?: string;
}

const digestOf = (value: string | undefined) => createHash("sha256").update(String(value)).digest("hex");

async function make({ path, value, labels }: SecretCopySettings): Promise<SecretCopyState> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await writeFile(`${path}.new`, `${value}\n`, { mode: 0o600 });
  await rename(`${path}.new`, path);
  return { path, labels, digest: digestOf(value) };
}

/** Keeps the copy of one secret; it goes away with the resource. */
export const secretCopier: LocalProvider<SecretCopySettings, SecretCopyState> = {
  async check(_olds, settings) {
    const problem = await folderProblem(dirname(settings.path));
    return problem === undefined ? [] : [{ property: "path", reason: problem }];
  },
  async diff(state, { path, value, labels }) {
    const same = isDeepStrictEqual([path, labels, digestOf(value)], [state.path, state.labels, state.digest]);
    return !same || !existsSync(state.path);
  },
  async create(settings) {
    return { id: settings.path, state: await make(settings) };
  },
  async read(state) {
    return existsSync(state.path) ? state : undefined;
  },
  async update(state, settings) {
    if (state.path !== settings.path) await rm(state.path, { force: true });
    return make(settings);
  },
  async delete(state) {
    await rm(state.path, { force: true });
  },
};
