import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { leaves } from "./environment.ts";
import { parseSettings, type Settings, SettingsError, settings, toEnvironment } from "./settings.ts";
import { roles } from "./team.ts";

const label = fc.stringMatching(/^[a-z0-9]([-a-z0-9]{0,20}[a-z0-9])?$/);
const path = fc.string({ minLength: 1, maxLength: 60 }).map((rest) => `/${rest}`);
const objectStore = fc.oneof(
  fc.record({ kind: fc.constant("file" as const), path }),
  fc.record(
    {
      kind: fc.constant("s3" as const),
      endpoint: fc.constantFrom("https://s3.example.com", "http://127.0.0.1:9000"),
      region: fc.constantFrom("us-east-1", "eu-central-1", "auto"),
      bucket: fc.constantFrom("models", "my.bucket-1"),
      prefix: fc.constantFrom("", "bedplate", "team-a/objects"),
      pathStyle: fc.boolean(),
      credentialsFile: path,
    },
    { requiredKeys: ["kind", "bucket"] },
  ),
  fc.record(
    {
      kind: fc.constant("gcs" as const),
      endpoint: fc.constantFrom("https://storage.example.com", "http://127.0.0.1:9000"),
      bucket: fc.constantFrom("models", "my_bucket.1"),
      prefix: fc.constantFrom("", "bedplate", "team-a/objects"),
      credentialsFile: path,
    },
    { requiredKeys: ["kind", "bucket"] },
  ),
);
const sql = fc.oneof(
  fc.record({ kind: fc.constant("pglite" as const), path }),
  fc.record({
    kind: fc.constant("postgres" as const),
    urlFile: path,
    poolSize: fc.integer({ min: 1, max: 200 }),
    preparedStatements: fc.integer({ min: 0, max: 1_000 }),
  }),
);
const given = fc.record({
  stack: label,
  owner: label,
  environment: label,
  release: fc.constantFrom("0.1.0", "12.0.3-rc.1"),
  listen: fc.record({ host: fc.ipV4(), port: fc.integer({ min: 0, max: 65_535 }) }),
  adminTokenFile: path,
  consolePath: fc.option(path, { nil: undefined }),
  connections: fc.record({
    objectStore,
    sql,
    keyValue: fc.constant({ kind: "sql" as const }),
    eventBus: fc.constant({ kind: "outbox" as const }),
    training: fc.record({ kind: fc.constant("process" as const), path, programRoot: path }),
  }),
  identity: fc.record(
    {
      oidc: fc.record(
        {
          issuers: fc.array(fc.constantFrom("https://a.example", "https://b.example/x,y"), {
            minLength: 1,
            maxLength: 3,
          }),
          audience: fc.string({ minLength: 1, maxLength: 20 }),
          grants: fc.array(
            fc.record({ group: fc.string({ minLength: 1 }), role: fc.constantFrom(...roles) }),
          ),
        },
        { requiredKeys: ["issuers", "audience"] },
      ),
    },
    { requiredKeys: [] },
  ),
  serving: fc.record({ modelLimit: fc.integer({ min: 1, max: 10_000 }) }),
  dispatch: fc.record({ concurrency: fc.integer({ min: 1, max: 1000 }) }),
});
const complete = given.map((input): Settings => settings.parse(JSON.parse(JSON.stringify(input))));

const smallest = {
  BEDPLATE_STACK: "local",
  BEDPLATE_OWNER: "me",
  BEDPLATE_ENVIRONMENT: "development",
  BEDPLATE_RELEASE: "0.1.0",
  BEDPLATE_LISTEN_PORT: "4680",
  BEDPLATE_ADMIN_TOKEN_FILE: "/data/token",
  BEDPLATE_CONNECTIONS_OBJECT_STORE_KIND: "file",
  BEDPLATE_CONNECTIONS_OBJECT_STORE_PATH: "/data/objects",
  BEDPLATE_CONNECTIONS_SQL_KIND: "pglite",
  BEDPLATE_CONNECTIONS_SQL_PATH: "/data/sql",
  BEDPLATE_CONNECTIONS_KEY_VALUE_KIND: "sql",
  BEDPLATE_CONNECTIONS_EVENT_BUS_KIND: "outbox",
  BEDPLATE_CONNECTIONS_TRAINING_KIND: "process",
  BEDPLATE_CONNECTIONS_TRAINING_PATH: "/data/training",
  BEDPLATE_CONNECTIONS_TRAINING_PROGRAM_ROOT: "/repo",
};

function problemsOf(environment: Record<string, string>): readonly string[] {
  try {
    parseSettings(environment);
  } catch (error) {
    if (error instanceof SettingsError) return error.problems;
    throw error;
  }
  return [];
}

describe("settings", () => {
  test("parseSettings undoes toEnvironment for any settings", () => {
    fc.assert(
      fc.property(complete, (value) => {
        expect(parseSettings(toEnvironment(value))).toEqual(value);
      }),
    );
  });

  test("no two settings share a variable", () => {
    const names = leaves(settings).map((leaf) => leaf.name);
    expect(new Set(names).size).toBe(names.length);
  });

  test("the smallest environment is enough and the rest has defaults", () => {
    const value = parseSettings({ ...smallest, PATH: "/bin", HOME: "/root" });
    expect(value.listen).toEqual({ host: "127.0.0.1", port: 4680 });
    expect(value.dispatch.concurrency).toBe(2);
  });

  test("all problems are reported at once, each with the variable and its value", () => {
    const problems = problemsOf({
      ...smallest,
      BEDPLATE_LISTEN_PORT: "99999",
      BEDPLATE_OWNER: "Not A Label",
      BEDPLATE_PORTT: "1",
      BEDPLATE_DISPATCH_CONCURRENCY: "",
    });
    expect(problems).toHaveLength(4);
    expect(problems.join("\n")).toContain('BEDPLATE_LISTEN_PORT="99999"');
    expect(problems.join("\n")).toContain('BEDPLATE_OWNER="Not A Label"');
    expect(problems.join("\n")).toContain("BEDPLATE_PORTT: no such setting");
    expect(problems.join("\n")).toContain('BEDPLATE_DISPATCH_CONCURRENCY=""');
  });

  test("a list is one variable, and what is wrong in it is said with that", () => {
    const oidc = {
      ...smallest,
      BEDPLATE_IDENTITY_OIDC_AUDIENCE: "bedplate",
      BEDPLATE_IDENTITY_OIDC_ISSUERS: '["https://a.example"]',
    };
    expect(parseSettings(oidc).identity.oidc?.issuers).toEqual(["https://a.example"]);
    const bad = {
      ...oidc,
      BEDPLATE_IDENTITY_OIDC_ISSUERS: '["https://a?b"]',
      BEDPLATE_IDENTITY_OIDC_GRANTS: "[",
    };
    expect(
      problemsOf(bad)
        .map((problem) => problem.split("=")[0])
        .sort(),
    ).toEqual(["BEDPLATE_IDENTITY_OIDC_GRANTS", "BEDPLATE_IDENTITY_OIDC_ISSUERS"]);
  });

  test("a missing variable is named", () => {
    const { BEDPLATE_STACK: _, ...rest } = smallest;
    expect(problemsOf(rest)).toEqual([expect.stringContaining("BEDPLATE_STACK: missing")]);
  });
});
