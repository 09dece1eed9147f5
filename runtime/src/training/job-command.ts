import { constants } from "node:fs";
import { access, realpath, stat } from "node:fs/promises";
import { delimiter, dirname, isAbsolute, join, relative, resolve } from "node:path";

/** What a job runs, as it was asked for. */
interface CommandSpec {
  readonly command: readonly string[];
  readonly workingDirectory: string;
}

interface ResolvedCommand {
  readonly command: readonly string[];
  readonly workingDirectory: string;
}

/**
 * Finds the program and the folder of a job. A bare name is looked up on the search path; any other program must lie
 * in a folder below the root (the file itself may be a link, as in Python's virtual environments). Links and `..`
 * cannot lead out of the root.
 * Answers everything that is wrong, a sentence each, instead.
 */
export async function resolveCommand(
  spec: CommandSpec,
  places: { readonly programRoot: string; readonly searchPath: string },
): Promise<ResolvedCommand | { readonly problems: readonly string[] }> {
  const problems: string[] = [];
  if (spec.command.some((part) => part.includes("\0"))) {
    return { problems: ["command: an argument holds the character U+0000, which no program can be given."] };
  }
  const path = await real(places.programRoot);
  if (path === null) {
    return {
      problems: [`command: the program root ${places.programRoot} does not exist where the service runs.`],
    };
  }
  const root = { path, written: resolve(places.programRoot) };
  const workingDirectory = await resolveFolder(root, spec.workingDirectory, problems);
  const [name = "", ...args] = spec.command;
  const program = name.includes("/")
    ? await resolveInside(root, workingDirectory ?? root.path, name, problems)
    : await resolveOnPath(places.searchPath, name, problems);
  if (workingDirectory === null || program === null) return { problems };
  return { command: [program, ...args], workingDirectory };
}

/** The program root without links, and as it was given. */
interface Root {
  readonly path: string;
  readonly written: string;
}

/** By the letters alone: what is written outside is not even looked at; a link inside may still lead out. */
const isWrittenInside = (root: Root, path: string) =>
  isInside(root.path, path) || isInside(root.written, path);

function isInside(root: string, path: string): boolean {
  const way = relative(root, path);
  return way === "" || (!isAbsolute(way) && way !== ".." && !way.startsWith("../"));
}

async function resolveFolder(root: Root, folder: string, problems: string[]): Promise<string | null> {
  const title = `workingDirectory: "${folder}"`;
  const wanted = resolve(root.path, folder);
  const path = isWrittenInside(root, wanted) ? await real(wanted) : wanted;
  if (path === null) problems.push(`${title} does not exist below the program root.`);
  else if (!isInside(root.path, path))
    problems.push(`${title} leaves the program root; give a folder inside it.`);
  else if (!(await stat(path)).isDirectory()) problems.push(`${title} is a file; give a folder.`);
  else return path;
  return null;
}

async function resolveInside(
  root: Root,
  from: string,
  name: string,
  problems: string[],
): Promise<string | null> {
  const path = resolve(from, name);
  const folder = isWrittenInside(root, path) ? await real(dirname(path)) : null;
  if (folder === null || !isInside(root.path, folder)) {
    problems.push(
      `command: "${name}" is not inside the program root; use one that is, or a name on the PATH.`,
    );
  } else if (await isProgram(path)) return path;
  else problems.push(`command: "${name}" is not an executable file.`);
  return null;
}

async function resolveOnPath(searchPath: string, name: string, problems: string[]): Promise<string | null> {
  for (const folder of searchPath.split(delimiter).filter(isAbsolute)) {
    const path = join(folder, name);
    if (name !== "" && (await isProgram(path))) return path;
  }
  problems.push(`command: there is no program "${name}" on the service's PATH.`);
  return null;
}

async function isProgram(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}

async function real(path: string): Promise<string | null> {
  return path.includes("\0") ? null : await realpath(path).catch(() => null);
}
