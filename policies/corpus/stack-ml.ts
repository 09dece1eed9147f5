import type { StackCase, StackCases } from "./resource-case.ts";
import { named, of } from "./stack-resource.ts";

const route = (rules: readonly object[], more: object = {}, kind = "HTTPRoute") =>
  of(`kubernetes:gateway.networking.k8s.io/v1:${kind}`, {
    metadata: { name: "infer", namespace: "ml", ...more },
    spec: { parentRefs: [{ name: "public" }], rules },
  });
const path = (value: string) => [{ matches: [{ path: { type: "PathPrefix", value } }] }];
const grpc = [{ matches: [{ method: { service: "inference.GRPCInferenceService" } }] }];
const envoy = (kind: string, spec: object, target: object) =>
  named(`gateway.envoyproxy.io/v1alpha1:${kind}`, kind.toLowerCase(), {
    spec: { targetRefs: [target], ...spec },
  });
const toRoute = { kind: "HTTPRoute", name: "infer" };
const toGateway = { kind: "Gateway", name: "public" };
const signIn = (target: object, way: object = { jwt: {} }) => envoy("SecurityPolicy", way, target);
const limit = (target: object, spec: object = { rateLimit: {} }) =>
  envoy("BackendTrafficPolicy", spec, target);
const modelPaths = [
  "/v2",
  "/v2/models/penguins/infer",
  "/v1/models",
  "/invocations",
  "/openai/v1/chat/completions",
  "/v1/chat/completions",
  "/v1/completions",
  "/api/bedplate/v1",
];

const publicInference: StackCases = {
  bad: [
    ...modelPaths.flatMap((value): StackCase[] => [
      [`a route for ${value} alone`, [route(path(value))]],
      [`a route for ${value} without a limit`, [route(path(value)), signIn(toRoute)]],
      [`a route for ${value} without sign-in`, [route(path(value)), limit(toGateway)]],
    ]),
    ["a route by its label", [route(path("/"), { labels: { "bedplate.dev/capability": "serving" } })]],
    ["a gRPC route", [route(grpc, {}, "GRPCRoute")]],
    [
      "policies of something else",
      [
        route(path("/v2")),
        signIn({ kind: "HTTPRoute", name: "other" }),
        limit({ kind: "Gateway", name: "private" }),
      ],
    ],
    [
      "a sign-in of another route",
      [route(path("/v2")), signIn({ kind: "HTTPRoute", name: "other" }), limit(toRoute)],
    ],
    [
      "a route whose name the engine makes up, and policies of another",
      [
        route(path("/v2"), { name: undefined }),
        signIn({ kind: "HTTPRoute", name: "other" }),
        limit({ kind: "HTTPRoute", name: "other" }),
      ],
    ],
    [
      "a policy of security that does not ask who calls",
      [route(path("/v2")), signIn(toRoute, { cors: {} }), limit(toRoute)],
    ],
    [
      "a policy of traffic without a limit",
      [route(path("/v2")), signIn(toRoute), limit(toRoute, { retry: {} })],
    ],
    ["a sign-in in a policy of traffic", [route(path("/v2")), limit(toRoute, { rateLimit: {}, jwt: {} })]],
    ["a limit in a policy of security", [route(path("/v2")), signIn(toRoute, { rateLimit: {}, jwt: {} })]],
    [
      "policies that do nothing of it",
      [route(path("/v2")), signIn(toRoute, { cors: {} }), limit(toRoute, { retry: {} })],
    ],
  ],
  good: [
    ["no route", []],
    ["a route to pages", [route(path("/docs"))]],
    ["a route to pages about models", [route(path("/docs/v2"))]],
    [
      "what is no route",
      [of("kubernetes:core/v1:Service", { metadata: { labels: { "bedplate.dev/capability": "serving" } } })],
    ],
    [
      "policies of two routes",
      [
        route(path("/v2")),
        ...["SecurityPolicy", "BackendTrafficPolicy"].map((kind) =>
          named(`gateway.envoyproxy.io/v1alpha1:${kind}`, "both", {
            spec: { targetRefs: [{ kind: "HTTPRoute", name: "other" }, toRoute], jwt: {}, rateLimit: {} },
          }),
        ),
      ],
    ],
    ["a route to another service", [route(path("/v2ray"))]],
    ...["jwt", "oidc", "basicAuth", "apiKeyAuth", "extAuth"].map(
      (way): StackCase => [
        `a route with ${way}`,
        [route(path("/v2")), signIn(toRoute, { [way]: {} }), limit(toRoute)],
      ],
    ),
    ["policies of the gateway", [route(path("/v2")), signIn(toGateway), limit(toGateway)]],
    [
      "a target in the old way",
      [
        route(path("/v2")),
        named("gateway.envoyproxy.io/v1alpha1:SecurityPolicy", "s", {
          spec: { targetRef: toRoute, oidc: {} },
        }),
        limit(toRoute),
      ],
    ],
    [
      "a gRPC route with both",
      [route(grpc, {}, "GRPCRoute"), signIn({ kind: "GRPCRoute", name: "infer" }), limit(toGateway)],
    ],
  ],
};

const bucket = (type: string, properties: object = {}) => of(type, properties);
const topic = (config: unknown) => named("kafka.strimzi.io/v1:KafkaTopic", "events", { spec: { config } });
const awsTypes = ["aws:s3/bucket:Bucket", "aws:s3/bucketV2:BucketV2"];
const lifecycle = (name: string) =>
  of("aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration", { bucket: name });
const google = "gcp:storage/bucket:Bucket";
const forEver: readonly unknown[] = [
  undefined,
  null,
  {},
  { "retention.ms": "-1" },
  { "retention.ms": -1 },
  { "retention.ms": "0" },
  { "retention.ms": "long" },
  { "cleanup.policy": "delete" },
  { "cleanup.policy": "compact,delete" },
  { "cleanup.policy": "keep" },
  { "retention.ms": null },
];

const retention: StackCases = {
  bad: [
    ...awsTypes.flatMap((type): StackCase[] => [
      [`${type} alone`, [bucket(type)]],
      [`${type} without rules`, [bucket(type, { bucket: "a", lifecycleRules: [] })]],
      [`${type} and a lifecycle of another`, [bucket(type, { bucket: "a" }), lifecycle("b")]],
      [
        `${type} and what only looks like its lifecycle`,
        [
          bucket(type, { bucket: "a" }),
          of("acme:aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration", { bucket: "a" }),
        ],
      ],
    ]),
    ["a Google bucket", [bucket(google)]],
    ["a Google bucket without rules", [bucket(google, { lifecycleRules: [] })]],
    [
      "one of two Google buckets",
      [bucket(google, { lifecycleRules: [{}] }), bucket(google, { lifecycleRules: null })],
    ],
    ...forEver.map((config): StackCase => [`a topic with ${JSON.stringify(config)}`, [topic(config)]]),
    ...forEver
      .slice(3, 6)
      .map(
        (config): StackCase => [
          `a second topic with ${JSON.stringify(config)}`,
          [topic({ "retention.ms": 1 }), topic(config)],
        ],
      ),
  ],
  good: [
    ["nothing", []],
    ...awsTypes.flatMap((type): StackCase[] => [
      [`${type} with rules`, [bucket(type, { lifecycleRules: [{ enabled: true }] })]],
      [`${type} and its lifecycle`, [bucket(type, { bucket: "a" }), lifecycle("a")]],
      [`${type} whose name the engine makes up`, [bucket(type), lifecycle("b")]],
      [`what only looks like ${type}`, [bucket(`acme:${type}`), bucket(`${type}Policy`)]],
    ]),
    ["what is no topic", [named("kafka.strimzi.io/v1:KafkaUser", "me")]],
    ["a Google bucket with rules", [bucket(google, { lifecycleRules: [{}] })]],
    ["a topic with a time", [topic({ "retention.ms": "604800000" })]],
    ["a topic that keeps the last of each key", [topic({ "cleanup.policy": "compact" })]],
  ],
};

/** Cases for the rules about models and data that look at whole stacks, by the rule's id. */
export const mlStackCases = {
  "ml-public-inference": publicInference,
  "ml-retention": retention,
};
