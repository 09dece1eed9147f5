import { type PostgresServer, startPostgres } from "../../tools/peers/postgres.ts";
import type { Closers } from "./closers.ts";
import type { HarnessOptions } from "./harness.ts";
import {
  createReplica,
  openHome,
  type Replica,
  type ReplicaSettings,
  type ServiceHome,
} from "./service-process.ts";

/** Real services over one database: two over PostgreSQL, one over the embedded database, which has a single owner. */
export interface ServiceGroup {
  readonly home: ServiceHome;
  readonly replicas: readonly Replica[];
  /** Null over the embedded database. */
  readonly postgres: PostgresServer | null;
}

interface GroupOptions {
  readonly database: HarnessOptions["database"];
  /** Over PostgreSQL; 2 by default. */
  readonly replicas?: number;
  readonly settings?: ReplicaSettings;
  /** A command in front of each service's own. */
  readonly before?: readonly string[];
  /** Comes before any service has started. */
  readonly prepare?: ((home: ServiceHome) => Promise<void>) | undefined;
}

export async function startServices(options: GroupOptions, closers: Closers): Promise<ServiceGroup> {
  const postgres = options.database === "postgres" ? await startPostgres() : null;
  if (postgres !== null) closers.add(postgres.stop);
  const home = await openHome(postgres === null ? null : await postgres.createDatabase("verify"));
  closers.add(home.close);
  await options.prepare?.(home);
  const replicas: Replica[] = [];
  const wanted = postgres === null ? 1 : (options.replicas ?? 2);
  for (let at = 0; at < wanted; at++) {
    const replica = await createReplica(home, String(at), options.settings, options.before);
    closers.add(replica.kill);
    await replica.start();
    replicas.push(replica);
  }
  return { home, replicas, postgres };
}
