import type { Route } from "@bedplate/contract";

/** One request as it goes over the wire. */
export interface BadRequest {
  readonly method: string;
  readonly path: string;
  readonly contentType: string;
  readonly body: string | null;
  /** What it tries, in a few words. */
  readonly what: string;
}

type Random = () => number;

/** Values that parsers, validators and databases dislike, beside ordinary ones. None has a word of SQL in it. */
const values: readonly unknown[] = [
  ...["m", "1", "0", "", " ", "champion", "NaN", "Infinity", "-1", "9".repeat(30), "1e400", "ACTIVE_ONLY"],
  ...[
    "\u0000",
    "\ud800",
    "\u001b[31m",
    "\r\nx: y",
    "\u202e",
    "'; --",
    '")',
    "%",
    "%00",
    "%ff",
    "$" + "{x}",
    "{{x}}",
  ],
  ...[
    "../../etc/passwd",
    "file:///etc/passwd",
    "runs:/x",
    "models:/m/1",
    "mlflow-artifacts:/0/x",
    "a".repeat(5_000),
  ],
  ...["metrics.a > 1", "name = 'm'", "name DESC", "tags.`a` LIKE '%'", "((((", "a".repeat(300), "__proto__"],
  ...[
    0,
    1,
    -1,
    1.5,
    2 ** 31,
    2 ** 53,
    -(2 ** 63),
    1e300,
    true,
    false,
    null,
    [],
    {},
    [[]],
    [null],
    ["0"],
    [1],
    [{}],
  ],
  ...[
    { key: "k", value: "v" },
    [{ key: "k", value: "v" }],
    [{ key: "k", value: 1, timestamp: 1 }],
    { a: { b: { c: [] } } },
  ],
  ...[{ constructor: { prototype: {} } }, { toString: 1 }, { length: -1 }],
];
/** Fields that addresses and bodies of both APIs have; those of the route itself come with it. */
const commonFields = [
  "name",
  "key",
  "value",
  "filter",
  "max_results",
  "limit",
  "order_by",
  "page_token",
  "version",
  "__proto__",
];
const pageSizes = ["1000000000", "99999999999999999999", "-1", "0", "1e9", "NaN"];
const contentTypes = [
  ...[
    "application/json",
    "application/json",
    "application/json",
    "APPLICATION/JSON",
    "application/json; charset=utf-8",
  ],
  ...[
    "application/json;charset=utf-7",
    "application/json\t",
    "text/plain",
    "application/x-www-form-urlencoded",
  ],
  ...[
    "multipart/form-data; boundary=x",
    "application/octet-stream",
    "application/x-protobuf",
    "x",
    "a/b;;",
    "",
  ],
];

const pick = <T>(random: Random, from: readonly T[], otherwise: T): T =>
  from[Math.floor(random() * from.length)] ?? otherwise;

/** Fills the parameters of a route's path. */
function fill(random: Random, path: string): string {
  return path.replaceAll(/:\w+|\*/g, () => {
    const value = random() < 0.5 ? "m" : pick(random, values, "m");
    const text = typeof value === "string" ? value : JSON.stringify(value);
    return random() < 0.1 ? "%c0%ae" : encodeURIComponent(text.toWellFormed().slice(0, 400)) || "m";
  });
}

function fieldsOf(random: Random, known: readonly string[]): Record<string, unknown> {
  const names = [...known, ...commonFields];
  const entries: [string, unknown][] = [];
  for (const name of known) if (random() < 0.6) entries.push([name, pick(random, values, "m")]);
  for (let more = random() * 4; more > 1; more--) {
    entries.push([pick(random, names, "name"), pick(random, values, "m")]);
  }
  // Not assigned one by one: `__proto__` must become a member of its own.
  return Object.fromEntries(entries);
}

const queryLimit = 6_000;

function queryOf(random: Random, known: readonly string[]): string {
  const parts = Object.entries(fieldsOf(random, known)).map(([name, value]) => {
    const sized = /max_results|limit/.test(name) && random() < 0.5 ? pick(random, pageSizes, "0") : value;
    const text = typeof sized === "string" ? sized : (JSON.stringify(sized) ?? "");
    return `${name}=${random() < 0.2 ? text.replaceAll(/[^\w.-]/g, "%") : encodeURIComponent(text.toWellFormed())}`;
  });
  return parts.join("&").slice(0, queryLimit);
}

/** One request to a route, by chance: of the right form mostly, with the wrong things in it. */
export function drawRequest(random: Random, route: Route, known: readonly string[]): BadRequest {
  const spelling = pick(random, [route.path, ...(route.also ?? [])], route.path);
  const query = queryOf(random, known);
  const path = `${fill(random, spelling)}${random() < 0.7 && query !== "" ? `?${query}` : ""}`;
  const contentType = pick(random, contentTypes, "");
  const fields = JSON.stringify(fieldsOf(random, known));
  const body = random() < 0.85 ? fields : pick(random, malformed, "{");
  const reads = route.method === "GET" || route.body === "none";
  return { method: route.method, path, contentType, body: reads ? null : body, what: "fields by chance" };
}

/** Bodies that are no request of anything. */
const malformed: readonly string[] = [
  ...["{", "null", "1", '"x"', "[1]", "[]", "{]", '{"a":1}x', "\ufeff{}", '{"a":NaN}', '{"a":Infinity}'],
  ...['{"name":"\\ud800"}', '{"name":"\\u0000"}', '{"name":"a","name":"b"}', '{"__proto__":{"a":1}}'],
  ...['{"constructor":{"prototype":{"a":1}}}', '{"name":1e999}', "\0", '{"a":"\n"}', "<x/>", "a=b"],
];

const mebibyte = 1024 * 1024;

/** Bodies that cost more than they look like; each is made when it is needed. */
export const heavyBodies: Readonly<Record<string, (fields: readonly string[]) => string>> = {
  "5 MB of open lists": () => "[".repeat(5 * mebibyte),
  "5 MB of nested lists": () => `{"name":${"[".repeat(2.5 * mebibyte)}${"]".repeat(2.5 * mebibyte)}}`,
  "5 MB of nested objects": () => `${'{"a":'.repeat(mebibyte)}1${"}".repeat(mebibyte)}`,
  "a filter of 10 MB": () => JSON.stringify({ filter: "a".repeat(10 * mebibyte), experiment_ids: ["0"] }),
  "a filter of 10 MB of brackets": () =>
    JSON.stringify({ filter: "(".repeat(10 * mebibyte), experiment_ids: ["0"] }),
  "a filter of 10 MB of conditions": () =>
    JSON.stringify({ filter: "metrics.a > 1 AND ".repeat(580_000), experiment_ids: ["0"] }),
  "every field of 2 MB": (fields) =>
    JSON.stringify(Object.fromEntries(fields.slice(0, 5).map((name) => [name, "a".repeat(2 * mebibyte)]))),
  "every field a list of 200,000": (fields) =>
    JSON.stringify(Object.fromEntries(fields.slice(0, 4).map((name) => [name, Array(200_000).fill("a")]))),
  "300,000 members": () => `{${Array.from({ length: 300_000 }, (_, at) => `"k${at}":1`).join(",")}}`,
  "5 MB of NaN": () => `{"a":[${"NaN,".repeat(1.25 * mebibyte)}NaN]}`,
  "5 MB of escapes": () => `{"name":"${"\\u0041".repeat(870_000)}"}`,
  "a number of 5 MB": () => `{"max_results":${"9".repeat(5 * mebibyte)}}`,
  "a huge page": () => JSON.stringify({ max_results: 2 ** 31, limit: 2 ** 31, experiment_ids: ["0"] }),
};
