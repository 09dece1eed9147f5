import { dataFolderVersion } from "@bedplate/contract";

/** Where things lie in a data folder; all paths absolute. */
export interface DataFolderPlan {
  readonly root: string;
  readonly layoutVersion: number;
  /** Entries that a folder without a layout version may hold and still be taken as ours. */
  readonly layout: readonly string[];
  readonly objects: string;
  readonly sql: string;
  readonly training: string;
  readonly adminToken: string;
  /** Key that the service seals what it must be able to read again with, the secrets of webhooks. */
  readonly sealKey: string;
  readonly sqlUrl: string;
  readonly objectStoreKeys: string;
  readonly runtimeLog: string;
  readonly runtimeRecord: string;
  /** What Node keeps of the service's compiled modules; may be deleted at any time. */
  readonly compileCache: string;
}

/** The layout of a data folder; `root` is an absolute path without a slash at its end. */
export function planDataFolder(root: string): DataFolderPlan {
  const secrets = `${root}/secrets`;
  return {
    root,
    layoutVersion: dataFolderVersion,
    layout: ["engine", "logs", "objects", "run", "secrets", "sql", "training"],
    objects: `${root}/objects`,
    sql: `${root}/sql`,
    training: `${root}/training`,
    adminToken: `${secrets}/admin-token`,
    sealKey: `${secrets}/seal-key`,
    sqlUrl: `${secrets}/sql-url`,
    objectStoreKeys: `${secrets}/object-store-keys`,
    runtimeLog: `${root}/logs/runtime.log`,
    runtimeRecord: `${root}/run/runtime.json`,
    compileCache: `${root}/run/compiled`,
  };
}
