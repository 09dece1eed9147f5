import { existsSync } from "node:fs";
import { chmod, mkdtemp, rename, rm } from "node:fs/promises";
import { join } from "node:path";

/** An engine's executable in the shared folder of engines. */
export interface PublishedEngine {
  readonly command: string;
  readonly version: string;
}

/**
 * Makes an engine in a folder of its own and moves it to `<versions>/<version>` in one step, so that nobody ever sees
 * half of one. Of several that finish at once the first stays; the folder of an earlier, broken try is replaced.
 */
export async function publishEngine(
  versions: string,
  version: string,
  make: (folder: string) => Promise<void>,
): Promise<PublishedEngine> {
  const folder = await mkdtemp(join(versions, `.${version}-`));
  const target = join(versions, version);
  const command = join(target, "bin", "pulumi");
  try {
    await make(folder);
    // mkdtemp keeps it to its owner; engines may be shared.
    await chmod(folder, 0o755);
    if (!existsSync(command)) {
      await rm(target, { recursive: true, force: true });
      await rename(folder, target).catch((error: unknown) => {
        if (!existsSync(command)) throw error;
      });
    }
    return { command, version };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
