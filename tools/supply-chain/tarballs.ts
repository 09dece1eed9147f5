import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { repositoryRoot } from "../engine/index.ts";

/** What a release is made of. */
export const released: readonly string[] = ["contract", "components", "policies", "runtime", "cli", "stacks"];

const packWithinMs = 120_000;

/**
 * Packs the released workspaces into a folder, as npm does for the registry: fixed times and owners, so that the same
 * source gives the same bytes. Returns the SHA-256 of each tarball by its name.
 */
export async function packTarballs(folder: string): Promise<Readonly<Record<string, string>>> {
  const workspaces = released.map((workspace) => `--workspace=${workspace}`);
  await execa("npm", ["pack", "--ignore-scripts", "--silent", ...workspaces, "--pack-destination", folder], {
    cwd: repositoryRoot,
    timeout: packWithinMs,
  });
  return Object.fromEntries(
    readdirSync(folder)
      .filter((name) => name.endsWith(".tgz"))
      .sort()
      .map((name) => [
        name,
        createHash("sha256")
          .update(readFileSync(join(folder, name)))
          .digest("hex"),
      ]),
  );
}
