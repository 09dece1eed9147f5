import { type Route, routes } from "@bedplate/contract";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openService, type ServiceUnderTest, token } from "../../../testing/service.ts";

let service: ServiceUnderTest;
beforeAll(async () => {
  service = await openService(({ models }) => ({ models: { ...models, check: async () => {} } }));
  const headers = { authorization: `Bearer ${token}` };
  const post = (path: string, payload: object) =>
    service.app.inject({ method: "POST", url: `/api/2.0/mlflow/${path}`, headers, payload });
  await post("registered-models/create", { name: "m" });
  await post("model-versions/create", { name: "m", source: "mlflow-artifacts:/0/x" });
  await service.db
    .insertInto("runs")
    .values({
      run_id: "r",
      experiment_id: 0,
      name: "r",
      user_id: "",
      status: "RUNNING",
      start_time: 1,
      end_time: null,
      lifecycle_stage: "active",
      artifact_uri: "mlflow-artifacts:/0/r/artifacts",
    })
    .execute();
  await service.db
    .insertInto("logged_models")
    .values({
      model_id: "m-1",
      experiment_id: 0,
      name: "m",
      artifact_location: "mlflow-artifacts:/0/models/m-1/artifacts",
      source_run_id: "r",
      status: "LOGGED_MODEL_PENDING",
      model_type: "",
      creation_time: 1,
      last_updated_time: 1,
      lifecycle_stage: "active",
    })
    .execute();
});
afterAll(() => service.close());

const mlflow: readonly Route[] = Object.values(routes).filter((route) => route.dialect === "mlflow");

/** Values that a field may hold, of its kind and of others, with those that databases and parsers dislike. */
const value = fc.oneof(
  fc.constantFrom<unknown>(
    ...[
      "0",
      "1",
      "m",
      "",
      "NaN",
      "a.b",
      "metrics.a > 1",
      "name = 'm'",
      "name DESC",
      "ACTIVE_ONLY",
      "FINISHED",
    ],
    ...[
      "Production",
      "champion",
      "runs:/x",
      "models:/m/1",
      "mlflow-artifacts:/0/x",
      "9".repeat(30),
      "\u0000",
      "\ud800",
    ],
    ...[0, 1, -1, 1.5, 2 ** 31, 2 ** 53, 1e300, true, null, [], {}, [[]], [null], ["0"], [1]],
    ...[
      [{ key: "a", value: 1, timestamp: 1 }],
      [{ key: "a", value: "x" }],
      { key: "a" },
      [{ model_id: "m-1" }],
    ],
    ...[[{ dataset: { name: "d", digest: "e" }, tags: [] }], [{ field_name: "name" }]],
  ),
  fc.string({ unit: "binary" }),
  fc.jsonValue(),
);
const names = [
  ...[
    "experiment_id",
    "experiment_ids",
    "experiment_name",
    "name",
    "new_name",
    "run_id",
    "run_ids",
    "key",
    "value",
  ],
  ...[
    "timestamp",
    "step",
    "metrics",
    "params",
    "tags",
    "datasets",
    "models",
    "model_id",
    "filter",
    "order_by",
  ],
  ...[
    "max_results",
    "page_token",
    "view_type",
    "run_view_type",
    "version",
    "alias",
    "stage",
    "stages",
    "source",
  ],
  ...["description", "path", "metric_key", "status", "end_time", "model_json", "start_step", "end_step"],
  ...["artifact_location", "artifact_directory_path", "run_name", "start_time"],
];
const wild = fc.dictionary(fc.constantFrom(...names), value, { maxKeys: 12 });
/** Mostly right, so that requests get further than the first check. */
const tame = fc.record(
  {
    experiment_id: fc.constant("0"),
    experiment_ids: fc.constant(["0"]),
    name: fc.constantFrom("m", "n"),
    version: fc.constantFrom("1", 1),
    alias: fc.constantFrom("a", "champion"),
    run_id: fc.constant("r"),
    key: fc.constantFrom("k", "l/m"),
    value: fc.constantFrom("1"),
    timestamp: fc.constant(1),
    metric_key: fc.constant("k"),
    source: fc.constant("runs:/r/x"),
    max_results: fc.constant(5),
    stage: fc.constant("Staging"),
  },
  { requiredKeys: [] },
);
const body = fc
  .tuple(tame, wild, fc.boolean())
  .map(
    ([right, anything, strict]): Record<string, unknown> =>
      strict ? { ...anything, ...right } : { ...right, ...anything },
  );

test("no request makes the service fail, whatever its fields hold", async () => {
  let answered = 0;
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...mlflow), body, async (route, fields) => {
      const path = route.path.replaceAll(/:\w+|\*/g, () => "m-1");
      const texts = Object.entries(fields).map(([name, held]): [string, string] => [
        name,
        (typeof held === "string" ? held : JSON.stringify(held)).toWellFormed(),
      ]);
      const query = route.method === "GET" ? `?${new URLSearchParams(texts)}` : "";
      const answer = await service.app.inject({
        method: route.method,
        url: `${path}${query}`,
        headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
        ...(route.method === "GET" ? {} : { payload: JSON.stringify(fields) }),
      });
      // 501 is an answer too: a folder on disk has no address to send a client to.
      const failed = answer.statusCode >= 500 && answer.statusCode !== 501;
      expect(failed, `${route.path}: ${answer.body}`).toBe(false);
      if (answer.statusCode === 200) answered += 1;
    }),
    { numRuns: 2_500 },
  );
  // Refusals alone would prove little: many requests must have reached the database.
  expect(answered).toBeGreaterThan(250);
}, 120_000);

test("bodies that are no requests are refused within a second", async () => {
  const bodies = [
    "",
    "{",
    "null",
    "1",
    '"x"',
    "[".repeat(2_000_000),
    `{"a":${"[".repeat(100_000)}null${"]".repeat(100_000)}}`,
  ];
  bodies.push(
    `{"name":"${"\\u0041".repeat(500_000)}"}`,
    `{"a":[${"NaN,".repeat(500_000)}NaN]}`,
    '{"name":"\\ud800"}',
  );
  bodies.push(
    JSON.stringify({ filter: "a".repeat(10_000_000) }),
    JSON.stringify({ filter: "(".repeat(100_000) }),
  );
  for (const payload of bodies) {
    for (const url of ["/api/2.0/mlflow/experiments/create", "/api/2.0/mlflow/runs/search"]) {
      const started = Date.now();
      const answer = await service.app.inject({
        method: "POST",
        url,
        headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
        payload,
      });
      const shown = payload.slice(0, 20);
      expect([shown, answer.statusCode < 500]).toEqual([shown, true]);
      expect(Date.now() - started, shown).toBeLessThan(5_000);
      if (answer.statusCode >= 400) expect(answer.json(), shown).toHaveProperty("error_code");
    }
  }
}, 120_000);
