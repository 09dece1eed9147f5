import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile, rename, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

const marker = "# bedplate language host";

/**
 * The script that the engine starts as its Node language host. The folder of engines is shared by every clone on the
 * machine, so the script names none of them: it takes the clone from the environment, else from the working folder.
 */
const languageHost = `#!/bin/sh
${marker}
part=tools/engine/language-host/main.ts
main=$PULUMI_LANGUAGE_NODEJS_MAIN
root=\${main%/"$part"}
if [ ! -f "$main" ]; then
  root=$PWD
  while [ ! -f "$root/$part" ]; do
    if [ "$root" = / ] || [ "$root" = . ]; then
      echo "pulumi-language-nodejs: no clone of Bedplate found; run pulumi inside one, or first: eval \\"\\$(npx bedplate env)\\"" >&2
      exit 1
    fi
    root=$(dirname "$root")
  done
fi
node=$root/node_modules/.bin/node
[ -x "$node" ] || node=node
exec "$node" --disable-warning=ExperimentalWarning "$root/$part" "$@"
`;

async function install(path: string, text: string): Promise<void> {
  const current = existsSync(path) ? await readFile(path, "utf8") : undefined;
  if (current === text) return;
  const fresh = `${path}.${randomUUID()}`;
  await writeFile(fresh, text, { mode: 0o755 });
  await rename(fresh, path);
}

/**
 * Puts a language host for Node, and the SDK's provider for dynamic resources, beside an engine that has none.
 * An engine that came with its own is left as it is. Throws where the folder cannot be written.
 */
export async function installHostScripts(bin: string): Promise<void> {
  const host = join(bin, "pulumi-language-nodejs");
  if (existsSync(host) && !(await readFile(host)).includes(marker)) return;
  const sdk = dirname(createRequire(import.meta.url).resolve("@pulumi/pulumi/package.json"));
  const provider = "pulumi-resource-pulumi-nodejs";
  await install(join(bin, provider), await readFile(join(sdk, provider), "utf8"));
  await install(host, languageHost);
}
