import { existsSync } from "node:fs";
import { join } from "node:path";
import {
  DataFolder,
  EmbeddedSql,
  ExistingObjectStore,
  ExistingSql,
  FolderObjectStore,
  type Labels,
  labelsOf,
  OutboxEventBus,
  ProcessTraining,
  RuntimeServing,
  SqlKeyValue,
} from "@bedplate/components";
import type { PlatformOutputs } from "@bedplate/contract";
import * as pulumi from "@pulumi/pulumi";
import release from "../package.json" with { type: "json" };
import { parseStackConfig, type StackConfig } from "./config.ts";

const root = join(import.meta.dirname, "..");
const consolePath = join(root, "console", "dist");

/** Checks the config and makes the platform. Throws a `StackConfigError` with every problem at once. */
export function localStack(values: Readonly<Record<string, unknown>>, stack: string): pulumi.Inputs {
  return localPlatform(parseStackConfig(values), stack);
}

/** The platform on one machine: every capability embedded, one runtime process on the loopback address. */
function localPlatform(config: StackConfig, stack: string): pulumi.Inputs {
  const { owner, environment, port, grpcPort } = config;
  const labels = labelsOf({ owner, environment, stack });
  const data = new DataFolder("data", { path: config.dataDir, labels });
  const { plan } = data;
  const after = { dependsOn: data };

  const objects = objectStoreOf(config, plan, labels, after);
  const sql =
    config.flavors.sql === "existing"
      ? new ExistingSql(
          "sql",
          { ...config.sql, url: new pulumi.Config().requireSecret("sqlUrl"), urlFile: plan.sqlUrl, labels },
          after,
        )
      : new EmbeddedSql("sql", { path: plan.sql, labels }, after);
  const revisions = [sql, objects].flatMap((made) => ("revision" in made ? [made.revision] : []));
  const keyValue = new SqlKeyValue("key-value");
  const events = new OutboxEventBus("events");
  const { concurrency, programRoot, teamPrograms } = config.training;
  const training = new ProcessTraining("training", { path: plan.training, programRoot, labels }, after);

  const serving = new RuntimeServing(
    "serving",
    {
      node: process.execPath,
      program: join(root, "runtime", "src", "main.ts"),
      workingDirectory: root,
      settings: {
        stack,
        owner,
        environment,
        release: release.version,
        listen: { host: "127.0.0.1", port },
        ...(grpcPort !== 0 && { grpc: { port: grpcPort } }),
        adminTokenFile: plan.adminToken,
        webhooks: { sealKeyFile: plan.sealKey },
        ...(existsSync(join(consolePath, "index.html")) && { consolePath }),
        serving: { modelLimit: config.servedModels.limit },
        governance: config.promotion,
        identity: config.identity,
        dispatch: { concurrency, teamPrograms },
      },
      connections: {
        objectStore: objects.connection,
        sql: sql.connection,
        keyValue: keyValue.connection,
        eventBus: events.connection,
        training: training.connection,
      },
      logPath: plan.runtimeLog,
      recordPath: plan.runtimeRecord,
      compileCachePath: plan.compileCache,
      childRecordsPath: plan.training,
      ...(revisions.length > 0 && { restartOn: revisions }),
      labels,
    },
    { dependsOn: [data, objects, sql, keyValue, events, training] },
  );

  return {
    version: 1,
    stack,
    release: release.version,
    url: serving.connection.url,
    grpcAddress: serving.connection.apply(({ grpcAddress }) => grpcAddress),
    tokenFile: data.tokenFile,
    dataDir: data.path,
    pid: serving.pid,
  } satisfies { [Name in keyof PlatformOutputs]: pulumi.Input<PlatformOutputs[Name]> };
}

/** A folder beside the other data, or a bucket that is there already. */
function objectStoreOf(
  { flavors, objectStore }: StackConfig,
  plan: DataFolder["plan"],
  labels: Labels,
  options: pulumi.ComponentResourceOptions,
): FolderObjectStore | ExistingObjectStore {
  if (flavors.objectStore === "process" || objectStore === undefined)
    return new FolderObjectStore("objects", { path: plan.objects, labels }, options);
  const keys = new pulumi.Config().getSecret("objectStoreKeys");
  return new ExistingObjectStore(
    "objects",
    { ...objectStore, ...(keys !== undefined && { keys }), keysFile: plan.objectStoreKeys, labels },
    options,
  );
}
