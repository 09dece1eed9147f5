import { existsSync } from "node:fs";
import { delimiter, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

/** Root folder of this repository. */
export const repositoryRoot = resolve(dirname(fileURLToPath(import.meta.url)), "../..");

/** The program that the script `pulumi-language-nodejs` runs. */
export const languageHostMain = join(repositoryRoot, "tools/engine/language-host/main.ts");

/** Where one stack's engine keeps what it needs. */
export interface EngineFolders {
  /** `PULUMI_HOME`: engines and plugins. */
  readonly home: string;
  /** Folder of the state backend. */
  readonly backendDir: string;
  /** File of mode 0600 with the passphrase that encrypts secrets in the state. */
  readonly passphraseFile: string;
  /** The engine's executable; its folder comes early on PATH so that `pulumi` means this one. */
  readonly command?: string;
}

/** The `PATH` that finds this repository's Node and tools first, then the engine, then what was there. */
function searchPath(command: string | undefined, path: string): string {
  const bin = join(repositoryRoot, "node_modules/.bin");
  const node = existsSync(join(bin, "node")) ? [] : [dirname(process.execPath)];
  const first = [bin, ...node, ...(command === undefined ? [] : [dirname(command)])];
  const rest = path.split(delimiter).filter((folder) => folder !== "" && !first.includes(folder));
  return [...first, ...rest].join(delimiter);
}

/**
 * The variables under which `pulumi` works on one stack's own state, with no account and no download of plugins.
 * The passphrase travels as the path of its file, never as a value.
 */
export function engineEnvironment(folders: EngineFolders): Record<string, string> {
  return {
    PATH: searchPath(folders.command, process.env.PATH ?? ""),
    PULUMI_HOME: folders.home,
    PULUMI_BACKEND_URL: `file://${folders.backendDir}`,
    PULUMI_CONFIG_PASSPHRASE_FILE: folders.passphraseFile,
    // Without it, an engine that finds no salt in the stack's config would make a second secrets provider.
    PULUMI_FALLBACK_TO_STATE_SECRETS_MANAGER: "true",
    PULUMI_SKIP_UPDATE_CHECK: "true",
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
    // Halves the start of programs, providers and policies, which all load the same large SDK.
    NODE_COMPILE_CACHE: join(folders.home, "node-compile-cache"),
    PULUMI_LANGUAGE_NODEJS_MAIN: languageHostMain,
  };
}
