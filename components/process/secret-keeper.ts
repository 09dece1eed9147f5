import { randomBytes } from "node:crypto";
import { existsSync, readFileSync, statSync } from "node:fs";
import { chmod, mkdir, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { folderProblem } from "./folder-keeper.ts";
import { keepPath } from "./path-keeper.ts";
import type { LocalProvider } from "./provider.ts";

/** A generated secret in a file of mode 0600. The secret itself is never part of settings or state. */
export interface SecretSettings {
  readonly path: string;
  /** Random bytes of a new secret; it is written as base64url. */
  readonly bytes: number;
  /** Keeps the file when the resource is deleted. */
  readonly retain: boolean;
  readonly labels: Readonly<Record<string, string>>;
}

const shortest = 16;

/** Why the file cannot serve as a secret, in one sentence. */
function fileProblem(path: string): string | undefined {
  if (!existsSync(path)) return undefined;
  if (!statSync(path).isFile())
    return `the secret file ${path} is not a file: move it away and a new one is made`;
  try {
    const secret = readFileSync(path, "utf8").trim();
    if (/^[\x21-\x7e]+$/.test(secret) && secret.length >= shortest) return undefined;
    return `the secret file ${path} does not hold one line of at least ${shortest} printable characters: delete it and a new one is made`;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "no access";
    return `the secret file ${path} cannot be read (${code}): correct its owner and mode (0600), or delete it and a new one is made`;
  }
}

async function make(settings: SecretSettings): Promise<SecretSettings> {
  const { path, bytes, retain, labels } = settings;
  const problem = fileProblem(path);
  if (problem !== undefined) throw new Error(problem);
  if (existsSync(path)) {
    await chmod(path, 0o600);
  } else {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await writeFile(path, `${randomBytes(bytes).toString("base64url")}\n`, { mode: 0o600, flag: "wx" });
  }
  return { path, bytes, retain, labels };
}

const factsOf = ({ path, bytes, retain, labels }: SecretSettings) => [path, bytes, retain, labels];

/** Keeps one secret file; a file that is there already is kept as it is. */
export const secretKeeper: LocalProvider<SecretSettings, SecretSettings> = {
  ...keepPath({
    problem: async ({ path }) => (await folderProblem(dirname(path))) ?? fileProblem(path),
    wanted: factsOf,
    kept: factsOf,
    make,
  }),
  async update(state, settings) {
    const made = await make(settings);
    if (state.path !== settings.path && !state.retain) await rm(state.path, { force: true });
    return made;
  },
  async delete(state) {
    if (!state.retain) await rm(state.path, { force: true });
  },
};
