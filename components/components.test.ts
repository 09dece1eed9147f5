import * as pulumi from "@pulumi/pulumi";
import { afterEach, describe, expect, test, vi } from "vitest";
import { recordResources, settledValue } from "./engine-mocks.ts";
import {
  DataFolder,
  EmbeddedSql,
  ExistingObjectStore,
  ExistingSql,
  FolderObjectStore,
  labelsOf,
  OutboxEventBus,
  ProcessTraining,
  RuntimeServing,
  SqlKeyValue,
} from "./index.ts";

const registered = recordResources();
const labels = labelsOf({ owner: "me", environment: "test", stack: "local" });
const path = "/data/it";

const makeServing = (port = 4680) =>
  new RuntimeServing("it", {
    node: "/bin/node",
    program: "/repo/main.ts",
    workingDirectory: "/repo",
    settings: {
      stack: "local",
      owner: "me",
      environment: "test",
      release: "1.2.3",
      listen: { port },
      adminTokenFile: "/data/secrets/admin-token",
    },
    connections: {
      objectStore: pulumi.output({ kind: "file", path: "/data/objects" }),
      sql: pulumi.output({ kind: "pglite", path: "/data/sql" }),
      keyValue: pulumi.output({ kind: "sql" }),
      eventBus: pulumi.output({ kind: "outbox" }),
      training: pulumi.output({ kind: "process", path: "/data/training", programRoot: "/repo" }),
    },
    logPath: "/data/logs/runtime.log",
    recordPath: "/data/run/runtime.json",
    childRecordsPath: "/data/training",
    labels,
  });

const components: Record<string, { make: () => pulumi.ComponentResource; outputs: string[] }> = {
  DataFolder: {
    make: () => new DataFolder("it", { path, labels }),
    outputs: ["path", "sealKeyFile", "tokenFile"],
  },
  FolderObjectStore: { make: () => new FolderObjectStore("it", { path, labels }), outputs: ["connection"] },
  ExistingObjectStore: {
    make: () => new ExistingObjectStore("it", { bucket: "models", keys: "hunter2", keysFile: path, labels }),
    outputs: ["connection", "revision"],
  },
  EmbeddedSql: { make: () => new EmbeddedSql("it", { path, labels }), outputs: ["connection"] },
  ExistingSql: {
    make: () => new ExistingSql("it", { url: "postgres://app:hunter2@db/app", urlFile: path, labels }),
    outputs: ["connection", "revision"],
  },
  SqlKeyValue: { make: () => new SqlKeyValue("it"), outputs: ["connection"] },
  OutboxEventBus: { make: () => new OutboxEventBus("it"), outputs: ["connection"] },
  ProcessTraining: {
    make: () => new ProcessTraining("it", { path, programRoot: "/repo", labels }),
    outputs: ["connection"],
  },
  RuntimeServing: { make: () => makeServing(), outputs: ["connection", "pid"] },
};

afterEach(() => {
  vi.restoreAllMocks();
  registered.length = 0;
});

/** Lets the registrations that are on their way arrive. */
const settled = () => new Promise((resolve) => setTimeout(resolve, 50));

describe.each(Object.entries(components))("%s", (_name, { make, outputs }) => {
  test("registers exactly its public outputs", () => {
    const registerOutputs = vi.spyOn(
      pulumi.ComponentResource.prototype as unknown as { registerOutputs: (given: object) => void },
      "registerOutputs",
    );
    const component = make();
    expect(registerOutputs).toHaveBeenCalledTimes(1);
    expect(Object.keys(registerOutputs.mock.calls[0]?.[0] ?? {}).sort()).toEqual(outputs);
    const open = Object.entries(component).filter(
      ([key, value]) => pulumi.Output.isInstance(value) && key !== "urn",
    );
    expect(open.map(([key]) => key).sort()).toEqual(outputs);
  });

  test("names its resources after itself, and labels them", async () => {
    make();
    await settled();
    for (const { name, custom, inputs } of registered) {
      expect(name).toMatch(/^it(-|$)/);
      if (custom) expect(inputs.labels).toEqual(labels);
    }
  });
});

test("the connections are what the contract says", async () => {
  const sql = new ExistingSql("it", { url: "postgres://db/app", urlFile: "/data/secrets/sql-url", labels });
  expect(await settledValue(sql.connection)).toEqual({
    kind: "postgres",
    urlFile: "/data/secrets/sql-url",
    poolSize: 10,
    preparedStatements: 100,
  });
  const bucket = { bucket: "models", keysFile: "/data/secrets/keys", labels };
  expect(await settledValue(new ExistingObjectStore("it", bucket).connection)).toEqual({
    kind: "s3",
    region: "us-east-1",
    bucket: "models",
    prefix: "",
    pathStyle: true,
  });
  const elsewhere = { ...bucket, endpoint: "https://s3.example.com", keys: "hunter2" };
  expect(await settledValue(new ExistingObjectStore("it", elsewhere).connection)).toMatchObject({
    endpoint: "https://s3.example.com",
    credentialsFile: "/data/secrets/keys",
  });
  const google = { ...bucket, kind: "gcs" as const, keys: "hunter2" };
  expect(await settledValue(new ExistingObjectStore("it", google).connection)).toEqual({
    kind: "gcs",
    bucket: "models",
    prefix: "",
    credentialsFile: "/data/secrets/keys",
  });
  expect(await settledValue(new EmbeddedSql("it", { path, labels }).connection)).toEqual({
    kind: "pglite",
    path,
  });
  expect(await settledValue(makeServing().connection)).toEqual({
    kind: "runtime",
    url: "http://127.0.0.1:4680",
    grpcAddress: null,
    tokenFile: "/data/secrets/admin-token",
  });
});

test("the runtime is told its settings and no secret", async () => {
  await settledValue(makeServing().pid);
  const runtime = registered.find(({ type }) => type.endsWith(":LocalProcess"));
  expect(runtime?.inputs).toMatchObject({
    command: [
      "/bin/node",
      "--disable-warning=ExperimentalWarning",
      "--max-semi-space-size=4",
      "--heap-growing-percent=50",
      "/repo/main.ts",
    ],
    listeners: [{ host: "127.0.0.1", port: 4680, tls: false }],
    healthUrl: "http://127.0.0.1:4680/readyz",
    environment: {
      BEDPLATE_LISTEN_PORT: "4680",
      BEDPLATE_CONNECTIONS_SQL_PATH: "/data/sql",
      BEDPLATE_ADMIN_TOKEN_FILE: "/data/secrets/admin-token",
    },
  });
});

test("the program that the engine keeps for a resource holds no path of this checkout", async () => {
  new DataFolder("it", { path, labels });
  await settled();
  const sources = registered.filter(({ custom }) => custom).map(({ inputs }) => String(inputs.__provider));
  expect(sources.length).toBeGreaterThan(0);
  for (const source of sources) expect(source).not.toContain(import.meta.dirname);
});
