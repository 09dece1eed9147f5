import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { closest } from "./closest.plan.ts";
import { parseStackConfig, StackConfigError, type StackConfigProblem } from "./config.ts";

const good = { "bedplate:kind": "local", "bedplate:owner": "me", "bedplate:environment": "development" };

function problemsOf(values: Record<string, unknown>): readonly StackConfigProblem[] {
  try {
    parseStackConfig(values, "/repo");
  } catch (error) {
    if (error instanceof StackConfigError) return error.problems;
    throw error;
  }
  return [];
}
const keysOf = (values: Record<string, unknown>) => problemsOf(values).map(({ key }) => key);

describe("the config of a stack", () => {
  test("the smallest one is enough, and folders become absolute", () => {
    expect(parseStackConfig(good, "/repo")).toMatchObject({
      port: 4680,
      grpcPort: 4681,
      dataDir: "/repo/.bedplate/local",
      flavors: { sql: "process" },
      training: { concurrency: 2, programRoot: "/repo", teamPrograms: [] },
      servedModels: { limit: 50 },
      promotion: { approvals: 0, fourEyes: true, signature: false, modelCard: false },
    });
  });

  test("text from the engine and values from a file mean the same", () => {
    const values = {
      "bedplate:port": 5000,
      "bedplate:training": { concurrency: 4 },
      "bedplate:dataDir": "/data",
    };
    const texts = {
      "bedplate:port": "5000",
      "bedplate:training": '{"concurrency":4}',
      "bedplate:dataDir": "/data",
    };
    expect(parseStackConfig({ ...good, ...values }, "/repo")).toEqual(
      parseStackConfig({ ...good, ...texts }, "/repo"),
    );
  });

  test("gRPC has the port after that of HTTP, another one, or none, and never the same", () => {
    expect(parseStackConfig({ ...good, "bedplate:port": 5000 }, "/repo").grpcPort).toBe(5001);
    expect(parseStackConfig({ ...good, "bedplate:port": 65_535 }, "/repo").grpcPort).toBe(0);
    expect(parseStackConfig({ ...good, "bedplate:grpcPort": "0" }, "/repo").grpcPort).toBe(0);
    expect(keysOf({ ...good, "bedplate:port": 5000, "bedplate:grpcPort": 5000 })).toEqual([
      "bedplate:grpcPort",
    ]);
  });

  test("a bucket is asked for exactly where one is used, and its keys are never shown", () => {
    const flavors = { "bedplate:flavors": { objectStore: "existing" } };
    const bucket = { "bedplate:objectStore": { bucket: "models", endpoint: "https://s3.example.com" } };
    const keys = { "bedplate:objectStoreKeys": '{"accessKeyId": "a", "secretAccessKey": "hunter2"}' };
    expect(keysOf({ ...good, ...flavors, ...bucket })).toEqual([]);
    expect(keysOf({ ...good, ...flavors, ...bucket, ...keys })).toEqual([]);
    expect(keysOf({ ...good, ...flavors })).toEqual(["bedplate:objectStore"]);
    const needless = problemsOf({ ...good, ...bucket, ...keys });
    expect(needless.map(({ key }) => key)).toEqual(["bedplate:objectStore", "bedplate:objectStoreKeys"]);
    const wrong = problemsOf({
      ...good,
      ...flavors,
      "bedplate:objectStore": { bucket: "B", endpoint: "ftp://x" },
      "bedplate:objectStoreKeys": "hunter2",
    });
    expect(wrong.map(({ key }) => key).sort()).toEqual(
      ["objectStore.bucket", "objectStore.endpoint", "objectStoreKeys"].map((key) => `bedplate:${key}`),
    );
    expect(JSON.stringify([needless, wrong])).not.toContain("hunter2");
  });

  test("a bucket of Google Cloud Storage takes what it has, and the settings of S3 are none of it", () => {
    const gcs = (more: object) => ({
      ...good,
      "bedplate:flavors": { objectStore: "existing" },
      "bedplate:objectStore": { kind: "gcs", bucket: "my_models", ...more },
    });
    expect(keysOf(gcs({ prefix: "bedplate" }))).toEqual([]);
    expect(keysOf(gcs({ region: "us-east-1" }))).toEqual(["bedplate:objectStore.region"]);
    expect(keysOf(gcs({ kind: "azure" }))).toEqual(["bedplate:objectStore.kind"]);
  });

  test("an issuer is checked to the last key of a grant", () => {
    const oidc = {
      issuers: ["https://login.example.com"],
      audience: "bedplate",
      grants: [{ group: "ml", team: "red", role: "contributor" }],
    };
    const identity = (more: object) => ({ ...good, "bedplate:identity": { oidc: { ...oidc, ...more } } });
    const read = parseStackConfig(identity({}), "/repo").identity.oidc;
    expect(read).toMatchObject({ ...oidc, tokenTypes: ["at+jwt"], claims: { name: "sub" } });
    expect(parseStackConfig(good, "/repo").identity).toEqual({});
    const problems = problemsOf(
      identity({
        issuers: ["http://login.example.com"],
        audiense: "b",
        algorithms: ["HS256"],
        grants: [{ group: "ml", roll: "admin", role: "owner" }],
      }),
    );
    const under = "bedplate:identity.oidc.";
    expect(problems.map(({ key }) => key.replace(under, "")).sort()).toEqual(
      ["algorithms.0", "audiense", "grants.0.role", "grants.0.roll", "issuers"].sort(),
    );
    expect(problems.find(({ key }) => key.endsWith("roll"))?.fix).toContain("grants.0.role?");
    expect(problems.find(({ key }) => key.endsWith("issuers"))?.allowed).toContain("https");
  });

  test("all problems come at once, each with key, value, what is allowed and a correction", () => {
    const problems = problemsOf({
      "bedplate:kind": "platform",
      "bedplate:onwer": "me",
      "bedplate:environment": "Not A Label",
      "bedplate:port": "eighty",
      "bedplate:flavors": { sql: "aws", sqll: "process" },
      "bedplate:training": { concurency: 1 },
    });
    expect(problems.map(({ key }) => key).sort()).toEqual(
      ["kind", "owner", "environment", "port", "flavors.sql", "flavors.sqll", "training.concurency", "onwer"]
        .map((key) => `bedplate:${key}`)
        .sort(),
    );
    for (const problem of problems) {
      for (const part of Object.values(problem)) expect(part).not.toBe("");
    }
    const fixes = Object.fromEntries(problems.map(({ key, fix }) => [key, fix]));
    expect(fixes["bedplate:onwer"]).toContain("bedplate:owner");
    expect(fixes["bedplate:flavors.sqll"]).toContain("bedplate:flavors.sql");
    expect(fixes["bedplate:training.concurency"]).toContain("bedplate:training.concurrency");
  });

  test("a flavor that cannot be provided names those that can", () => {
    const [problem] = problemsOf({ ...good, "bedplate:flavors": { sql: "aws" } });
    expect(problem?.allowed).toContain("process, existing");
  });

  test("keys of other namespaces are not looked at", () => {
    expect(problemsOf({ ...good, "aws:region": "eu-west-1", "pulumi:tags": {} })).toEqual([]);
  });

  test("an existing SQL database needs its URL, and only it", () => {
    const existing = { ...good, "bedplate:flavors": { sql: "existing" } };
    const url = { "bedplate:sqlUrl": "postgres://app:hunter2@db/app" };
    expect(keysOf(existing)).toEqual(["bedplate:sqlUrl"]);
    expect(keysOf({ ...good, ...url })).toEqual(["bedplate:sqlUrl"]);
    expect(keysOf({ ...existing, ...url })).toEqual([]);
    expect(keysOf({ ...existing, "bedplate:sqlUrl": { secure: "v1:abc" } })).toEqual([]);
  });

  test("a secret never stands in an error, even under a mistyped key", () => {
    for (const key of ["bedplate:sqlUrl", "bedplate:sqlurl", "bedplate:dbPassword"]) {
      const text = new StackConfigError(problemsOf({ ...good, [key]: "mysql://app:hunter2@db/app" })).message;
      expect(text).toContain(key);
      expect(text).not.toContain("hunter2");
    }
  });

  test("any value under any key is either right or a listed problem", () => {
    const key = fc.constantFrom(
      "kind",
      "owner",
      "port",
      "dataDir",
      "flavors",
      "training",
      "sqlUrl",
      "__proto__",
      "x",
    );
    fc.assert(
      fc.property(fc.dictionary(key, fc.oneof(fc.jsonValue(), fc.string())), (given) => {
        const values = Object.fromEntries(
          Object.entries(given).map(([name, value]) => [`bedplate:${name}`, value]),
        );
        for (const problem of problemsOf(values)) expect(problem.key).toMatch(/^bedplate:/);
      }),
    );
  });
});

describe("the closest known word", () => {
  test("one wrong letter still means the same word", () => {
    const words = ["environment", "flavors", "training"];
    fc.assert(
      fc.property(fc.constantFrom(...words), fc.nat(), fc.constantFrom("z", ""), (word, at, letter) => {
        const place = at % word.length;
        expect(closest(word.slice(0, place) + letter + word.slice(place + 1), words)).toBe(word);
      }),
    );
  });

  test("a word that is far from all means none", () =>
    expect(closest("replicas", ["kind", "owner"])).toBeUndefined());
});
