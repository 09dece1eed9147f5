import { createHash } from "node:crypto";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { folderProblem } from "./folder-keeper.ts";
import { keepPath } from "./path-keeper.ts";
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
  ...keepPath({
    problem: ({ path }: SecretCopySettings) => folderProblem(dirname(path)),
    wanted: ({ path, value, labels }: SecretCopySettings) => [path, labels, digestOf(value)],
    kept: ({ path, labels, digest }: SecretCopyState) => [path, labels, digest],
    make,
  }),
  async update(state, settings) {
    if (state.path !== settings.path) await rm(state.path, { force: true });
    return make(settings);
  },
  async delete(state) {
    await rm(state.path, { force: true });
  },
};
