import { containerLists, resource, workloads } from "../lib/rule-cases.ts";
import type { ResourceCase, ResourceCases } from "./resource-case.ts";

type Variable = readonly [name: string, value: unknown];
const variables = (all: readonly Variable[]) =>
  all.map(
    ([name, value]): ResourceCase => [
      `${name}=${String(value)}`,
      resource({ environment: { [name]: value } }),
    ],
  );
const configMap = (data: object) => resource({ data }, { type: "kubernetes:core/v1:ConfigMap" });

const env = [
  { name: "LEVEL", value: "info" },
  { name: "DB_PASSWORD", value: "hunter2" },
];
const reference = { name: "DB_PASSWORD", valueFrom: { secretKeyRef: { name: "db", key: "password" } } };
const documents: readonly (readonly [what: string, properties: object])[] = [
  ["a function's variables", { environment: { variables: { API_KEY: "abc" } } }],
  ["a service's variables", { template: { containers: [{ envs: [{ name: "API_KEY", value: "abc" }] }] } }],
  ["runtime variables", { source: { runtimeEnvironmentVariables: { API_KEY: "abc" } } }],
  ["a JSON document", { containerDefinitions: '[{"environment":[{"name":"API_KEY","value":"abc"}]}]' }],
];

const noPlaintextEnvironment: ResourceCases = {
  bad: [
    ...variables([
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
    ]),
    ...Object.entries(workloads).flatMap(([kind, make]) =>
      containerLists.map(
        (list): ResourceCase => [
          `a secret in the ${list} of a ${kind}`,
          make({ [list]: [{ name: "a" }, { name: "b", env }] }),
        ],
      ),
    ),
    ...documents.map(
      ([what, properties]): ResourceCase => [
        `a secret in ${what}`,
        resource(properties, { type: "aws:any:Thing" }),
      ],
    ),
    ["a secret in a config map", configMap({ DB_PASSWORD: "hunter2" })],
  ],
  good: [
    ...variables([
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
    ]),
    [
      "a reference to a Secret",
      resource({ spec: { template: { spec: { containers: [{ env: [reference] }] } } } }),
    ],
    ["a file in a config map", configMap({ "tls.key": "not a variable" })],
    ["a file in a config map with a name of many parts", configMap({ "a-DB_PASSWORD": "hunter2" })],
    ["a file in a config map after a word", configMap({ "DB_PASSWORD-": "hunter2" })],
    ["what is no text in a config map", configMap({ DB_PASSWORD: { a: 1 } })],
    ["a Secret", resource({ data: { DB_PASSWORD: "aHVudGVyMg==" } }, { type: "kubernetes:core/v1:Secret" })],
  ],
};

export const secretsCases = { "secrets-no-plaintext-environment": noPlaintextEnvironment };
