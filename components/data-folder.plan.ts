import { join } from "node:path";
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
  readonly secrets: string;
  readonly adminToken: string;
  readonly sqlUrl: string;
  readonly runtimeLog: string;
  readonly runtimeRecord: string;
}

/** The layout of a data folder. */
export function planDataFolder(root: string): DataFolderPlan {
  const secrets = join(root, "secrets");
  return {
    root,
    layoutVersion: dataFolderVersion,
    layout: ["engine", "logs", "objects", "run", "secrets", "sql", "training"],
    objects: join(root, "objects"),
    sql: join(root, "sql"),
    training: join(root, "training"),
    secrets,
    adminToken: join(secrets, "admin-token"),
    sqlUrl: join(secrets, "sql-url"),
    runtimeLog: join(root, "logs", "runtime.log"),
    runtimeRecord: join(root, "run", "runtime.json"),
  };
}
