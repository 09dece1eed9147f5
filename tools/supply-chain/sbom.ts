import { execa } from "execa";
import { repositoryRoot } from "../engine/index.ts";

const writeWithinMs = 120_000;

/**
 * The bill of materials as CycloneDX JSON, from the lock file. It is left whole: asked to omit what only the making of
 * Bedplate needs, npm 11.19 takes away packages that production shares with it.
 */
export async function billOfMaterials(): Promise<string> {
  const { stdout } = await execa("npm", ["sbom", "--sbom-format=cyclonedx", "--package-lock-only"], {
    cwd: repositoryRoot,
    timeout: writeWithinMs,
    maxBuffer: 64 * 1024 * 1024,
  });
  return stdout;
}
