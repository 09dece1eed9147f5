import { describe, expect, test } from "vitest";
import { containerLists, resource, workloads } from "../../lib/rule-cases.ts";
import { noPlaintextEnvironment as rule } from "./no-plaintext-environment.ts";

const one = (name: string, value: unknown) => resource({ environment: { [name]: value } });

describe("secrets-no-plaintext-environment", () => {
  test("its id is its place", () => expect(rule.id).toBe("secrets-no-plaintext-environment"));

  test.each([
    ["DB_PASSWORD", "hunter2"],
    ["PGPASSWORD", "hunter2"],
    ["ADMIN_TOKEN", "YWRtaW4"],
    ["API_KEY", "sk-1234"],
    ["OPENAI_API_KEY", "sk-1234"],
    ["AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG"],
    ["AWS_SECRET_ACCESS_KEY", "/9j4AAQSkZJRgABAQAAAQABAAD"],
    ["CLIENT_SECRET", "s3cr3t"],
    ["TLS_PRIVATE_KEY", "abc"],
    ["GCP_CREDENTIALS", '{"type":"service_account"}'],
    ["SIGNING_KEYS", "a,b"],
    ["db-password", "hunter2"],
    ["apiKey", "abc"],
    ["KEY_PASSPHRASE", "words"],
    ["PIN_PASSWORD", 123456],
    ["API_TOKENS", "4096x"],
    ["API_TOKENS", "x4096"],
    ["DATABASE_URL", "postgres://app:hunter2@db:5432/app"],
    ["BROKER", "amqps://u:p@broker/vhost"],
    ["ANYTHING", "-----BEGIN RSA PRIVATE KEY-----\nMIIE"],
    ["ANYTHING", "-----BEGIN PRIVATE KEY-----\nMIIE"],
  ])("%s=%s is a violation", (name, value) => expect(rule.violations(one(name, value))).toHaveLength(1));

  test.each([
    ["PASSWORD_FILE", "/run/secrets/password"],
    ["DB_PASSWORD", "/run/secrets/password"],
    ["BEDPLATE_ADMIN_TOKEN_FILE", "/data/secrets/admin-token"],
    ["API_KEY", `\${vault.api}`],
    ["API_KEY", "$(API_KEY_FROM_SECRET)"],
    ["API_KEY", "arn:aws:secretsmanager:eu-west-1:1:secret:x"],
    ["API_KEY", "projects/p/secrets/s/versions/1"],
    ["API_KEY", "vault:kv/api#key"],
    ["API_TOKEN", ""],
    ["REQUIRE_TOKEN", "true"],
    ["MAX_TOKENS", "4096"],
    ["PUBLIC_KEY", "ssh-ed25519 AAAA"],
    ["SECRET_NAME", "db"],
    ["KEY_ID", "abc"],
    ["MONKEY", "see"],
    ["PASSWORD_MIN_LENGTH", "12"],
    ["DATABASE_URL", "postgres://app@db:5432/app"],
    ["DATABASE_URL", `postgres://app:\${password}@db:5432/app`],
    ["GREETING", "hello"],
    ["TIME", "http://a:80/b@c"],
    ["DB_PASSWORD", null],
  ])("%s=%s is none", (name, value) => expect(rule.violations(one(name, value))).toEqual([]));

  test.each(
    Object.entries(workloads).flatMap(([kind, make]) =>
      containerLists.map((list) => [kind, list, make] as const),
    ),
  )("finds a secret in a %s's %s", (_kind, list, make) => {
    const env = [
      { name: "LEVEL", value: "info" },
      { name: "DB_PASSWORD", value: "hunter2" },
    ];
    expect(rule.violations(make({ [list]: [{ name: "a" }, { name: "b", env }] }))).toHaveLength(1);
  });

  test("a reference to a Secret is no value", () => {
    const env = [{ name: "DB_PASSWORD", valueFrom: { secretKeyRef: { name: "db", key: "password" } } }];
    expect(rule.violations(resource({ spec: { template: { spec: { containers: [{ env }] } } } }))).toEqual(
      [],
    );
  });

  test.each([
    ["a function's variables", { environment: { variables: { API_KEY: "abc" } } }],
    ["a service's variables", { template: { containers: [{ envs: [{ name: "API_KEY", value: "abc" }] }] } }],
    ["runtime variables", { source: { runtimeEnvironmentVariables: { API_KEY: "abc" } } }],
    ["a JSON document", { containerDefinitions: '[{"environment":[{"name":"API_KEY","value":"abc"}]}]' }],
  ])("finds a secret in %s", (_what, properties) => {
    expect(rule.violations(resource(properties, { type: "aws:any:Thing" }))).toHaveLength(1);
  });

  test("a config map's variable is judged and its file is not", () => {
    const data = { DB_PASSWORD: "hunter2", "tls.key": "not a variable" };
    expect(rule.violations(resource({ data }, { type: "kubernetes:core/v1:ConfigMap" }))).toHaveLength(1);
  });

  test("the secret itself is never in the message", () => {
    expect(rule.violations(one("DB_PASSWORD", "hunter2")).join()).not.toContain("hunter2");
  });
});
