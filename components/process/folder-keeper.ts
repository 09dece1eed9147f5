import { constants, existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { access, chmod, mkdir, rmdir, writeFile } from "node:fs/promises";
import { dirname, isAbsolute, join } from "node:path";
import { keepPath } from "./path-keeper.ts";
import type { LocalProvider } from "./provider.ts";

/** A folder of this machine, readable by its owner alone. Its content is never deleted. */
export interface FolderSettings {
  readonly path: string;
  /** When given, the folder carries this number in a file `version`, and a folder with another number is refused. */
  readonly layoutVersion?: number;
  /** With `layoutVersion`: what a folder without a number may hold and still be taken. */
  readonly layout?: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
}

const versionFile = "version";

/** The deepest part of the path that exists. */
function nearest(path: string): string {
  return existsSync(path) || dirname(path) === path ? path : nearest(dirname(path));
}

/** Why the folder cannot be used, in one sentence; undefined when it can. */
export async function folderProblem(path: string): Promise<string | undefined> {
  if (!isAbsolute(path)) return `the folder ${JSON.stringify(path)} must be an absolute path`;
  const existing = nearest(path);
  if (!statSync(existing).isDirectory())
    return `the folder ${path} cannot be made because ${existing} is a file`;
  try {
    await access(existing, constants.R_OK | constants.W_OK | constants.X_OK);
    return undefined;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "no access";
    return `the folder ${path} cannot be used because ${existing} is not writable (${code}): correct its permissions or choose another folder`;
  }
}

function layoutProblem({ path, layoutVersion, layout = [] }: FolderSettings): string | undefined {
  if (typeof layoutVersion !== "number" || !existsSync(path)) return undefined;
  const file = join(path, versionFile);
  if (existsSync(file)) {
    const found = readFileSync(file, "utf8").trim();
    if (found === String(layoutVersion)) return undefined;
    return `the data folder ${path} has layout version ${JSON.stringify(found.slice(0, 40))} and this release works with ${layoutVersion}: use the release that made it, or choose another folder with \`pulumi config set bedplate:dataDir <folder>\``;
  }
  const foreign = readdirSync(path).filter((entry) => !entry.startsWith(".") && !layout.includes(entry));
  if (foreign.length === 0) return undefined;
  return `the folder ${path} holds other things (${foreign.slice(0, 3).join(", ")}) and is no data folder: choose another one with \`pulumi config set bedplate:dataDir <folder>\``;
}

async function make(settings: FolderSettings): Promise<FolderSettings> {
  try {
    await mkdir(settings.path, { recursive: true, mode: 0o700 });
    await chmod(settings.path, 0o700);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "no reason given";
    throw new Error(`the folder ${settings.path} cannot be made (${code}): choose another one`);
  }
  if (settings.layoutVersion !== undefined) {
    await writeFile(join(settings.path, versionFile), `${settings.layoutVersion}\n`, { mode: 0o600 });
  }
  const { path, layoutVersion, layout, labels } = settings;
  return { path, labels, ...(layoutVersion !== undefined && { layoutVersion }), ...(layout && { layout }) };
}

const factsOf = ({ path, layoutVersion, layout, labels }: FolderSettings) => [
  path,
  layoutVersion,
  layout,
  labels,
];

/** Keeps one folder. Deleting it leaves everything in it; only an empty folder goes away. */
export const folderKeeper: LocalProvider<FolderSettings, FolderSettings> = {
  ...keepPath({
    problem: async (settings) => (await folderProblem(settings.path)) ?? layoutProblem(settings),
    wanted: factsOf,
    kept: factsOf,
    make,
  }),
  update: (_state, settings) => make(settings),
  async delete(state) {
    try {
      await rmdir(state.path);
    } catch {
      // Not empty, or gone already: data outlives the stack.
    }
  },
};
