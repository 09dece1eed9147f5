import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";

const marker = "# bedplate language host";

/**
 * How the scripts find a clone: the folder of engines is shared by every clone on the machine, so they name none, but take
 * it from the environment, else from the working folder. Sets `root` and `node`.
 */
const findClone = `part=tools/engine/language-host
main=$PULUMI_LANGUAGE_NODEJS_MAIN
root=\${main%/"$part"/main.ts}
if [ ! -f "$main" ]; then
  root=$PWD
  while [ ! -f "$root/$part/main.ts" ]; do
    if [ "$root" = / ] || [ "$root" = . ]; then
      echo "$0: no clone of Bedplate found; run pulumi inside one, or first: eval \\"\\$(npx bedplate env)\\"" >&2
      exit 1
    fi
    root=$(dirname "$root")
  done
fi
node=$root/node_modules/.bin/node
[ -x "$node" ] || node=node`;

/** What the engine starts as its Node language host. */
const languageHost = `#!/bin/sh
${marker}
${findClone}
exec "$node" --disable-warning=ExperimentalWarning "$root/$part/main.ts" "$@"
`;

/**
 * What the engine starts for dynamic resources: the SDK's provider, looked up from the program's folder as the script in
 * the root of @pulumi/pulumi does, but ended when the engine is killed.
 */
const dynamicProvider = `#!/bin/sh
${marker}
${findClone}
provider=$("$node" -p "require.resolve('@pulumi/pulumi/cmd/dynamic-provider')") || exit 1
exec "$node" --disable-warning=ExperimentalWarning --import "$root/$part/end-with-parent.ts" "$provider" "$@"
`;

async function install(path: string, text: string): Promise<void> {
  const current = existsSync(path) ? await readFile(path, "utf8") : undefined;
  if (current === text) return;
  const fresh = `${path}.${randomUUID()}`;
  await writeFile(fresh, text, { mode: 0o755 });
  await rename(fresh, path);
}

/**
 * Puts a language host for Node and a provider for dynamic resources beside an engine that has none.
 * An engine that came with its own is left as it is. Throws where the folder cannot be written.
 */
export async function installHostScripts(bin: string): Promise<void> {
  const host = join(bin, "pulumi-language-nodejs");
  if (existsSync(host) && !(await readFile(host)).includes(marker)) return;
  await install(join(bin, "pulumi-resource-pulumi-nodejs"), dynamicProvider);
  await install(host, languageHost);
}
