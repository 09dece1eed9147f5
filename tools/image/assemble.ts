import { existsSync } from "node:fs";
import { cp, mkdir, readFile, symlink } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { closureOf, isKept, type Places, type Platform } from "./image.plan.ts";

/** What of our own workspaces goes into the image; of others nothing is needed. */
const ownFolders: Readonly<Record<string, readonly string[]>> = {
  contract: ["."],
  runtime: ["package.json", "src"],
};

export interface ImageParts {
  /** Root of the repository, with its dependencies installed and the console built. */
  readonly root: string;
  /** Absolute path of a folder that is not there yet. */
  readonly target: string;
  readonly platform: Platform;
}

/**
 * Puts together what the service needs to run, and nothing else: its code, the packages that it depends on, the
 * console's page. Throws where a package is not installed or the console is not built.
 */
export async function assembleImage({ root, target, platform }: ImageParts): Promise<void> {
  const { packages: places } = JSON.parse(await readFile(join(root, "package-lock.json"), "utf8")) as {
    packages: Places;
  };
  const { workspaces, packages } = closureOf(places, "runtime");
  const copy = async (from: string) => {
    const filter = (path: string) => {
      const inside = relative(root, path);
      // Packages inside of packages have places of their own.
      const isNested = inside !== from && inside.startsWith(`${from}/`) && /(^|\/)node_modules$/.test(inside);
      return !isNested && isKept(inside, platform);
    };
    await cp(join(root, from), join(target, from), { recursive: true, filter });
  };
  await mkdir(target);
  for (const workspace of workspaces) {
    const own = ownFolders[workspace];
    if (own === undefined) throw new Error(`it is not said what of ${workspace} goes into the image`);
    for (const folder of own) await copy(folder === "." ? workspace : `${workspace}/${folder}`);
    await link(target, workspace);
  }
  // A package for another platform stands in the lock file and not on the disk.
  for (const place of packages) {
    if (existsSync(join(root, place))) await copy(place);
    else if (places[place]?.optional !== true) throw new Error(`${place} is not installed; run npm ci`);
  }
  if (!existsSync(join(root, "console/dist/index.html"))) throw new Error("the console is not built");
  await copy("console/dist");
}

/** Workspaces are found by the names of their packages; links keep them out of `node_modules`, where Node strips no types. */
async function link(target: string, workspace: string): Promise<void> {
  const { name } = JSON.parse(await readFile(join(target, workspace, "package.json"), "utf8")) as {
    name: string;
  };
  const place = join(target, "node_modules", name);
  await mkdir(dirname(place), { recursive: true });
  await symlink(relative(dirname(place), join(target, workspace)), place);
}
