import { join } from "node:path";
import { publishFolder } from "../build/publish-folder.ts";

/** An engine's executable in the shared folder of engines. */
export interface PublishedEngine {
  readonly command: string;
  readonly version: string;
}

/** Makes an engine and publishes it, whole, as `<versions>/<version>`. */
export async function publishEngine(
  versions: string,
  version: string,
  make: (folder: string) => Promise<void>,
): Promise<PublishedEngine> {
  const proof = join("bin", "pulumi");
  const folder = await publishFolder({ parent: versions, name: version, proof }, make);
  return { command: join(folder, proof), version };
}
