import { existsSync } from "node:fs";
import { chmod, mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { join } from "node:path";

/** A folder that several may make at once, and that is seen whole or not at all. */
export interface PublishedFolder {
  readonly parent: string;
  readonly name: string;
  /** File in it, relative, that shows that it is whole; a folder without it is an earlier, broken try. */
  readonly proof: string;
}

/**
 * Makes a folder beside its place and moves it there in one step. Of several that finish at once the first stays; a
 * broken one is replaced. Answers its path.
 */
export async function publishFolder(
  { parent, name, proof }: PublishedFolder,
  make: (folder: string) => Promise<void>,
): Promise<string> {
  await mkdir(parent, { recursive: true });
  const folder = await mkdtemp(join(parent, `.${name}-`));
  const target = join(parent, name);
  const isWhole = () => existsSync(join(target, proof));
  try {
    await make(folder);
    // mkdtemp keeps it to its owner; it may be shared.
    await chmod(folder, 0o755);
    if (!isWhole()) {
      await rm(target, { recursive: true, force: true });
      await rename(folder, target).catch((error: unknown) => {
        if (!isWhole()) throw error;
      });
    }
    return target;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
