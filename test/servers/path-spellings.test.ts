import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { realpathSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { pathSpellings } from "../../runtime/testing/path-spellings.ts";
import { createClosers } from "../verify/closers.ts";
import { createReplica, openHome, type Replica, type ServiceHome } from "../verify/service-process.ts";

const root = join(import.meta.dirname, "../..");
const api = "/api/2.0";
const store = `${api}/mlflow-artifacts`;
const closers = createClosers();
let home: ServiceHome;
let replica: Replica;
let runId = "";
let modelId = "";
beforeAll(async () => {
  home = await openHome(null);
  closers.add(home.close);
  const consolePath = join(home.folder, "console");
  await mkdir(join(consolePath, "assets"), { recursive: true });
  await writeFile(join(consolePath, "index.html"), "<!doctype html>");
  await writeFile(join(consolePath, "assets", "app.js"), "0");
  replica = await createReplica(home, "0", { consolePath });
  closers.add(replica.kill);
  await replica.start();
  const made = async (path: string, body: object) =>
    (await replica.call("POST", `${api}/mlflow/${path}`, body)).body as unknown;
  const { run } = (await made("runs/create", { experiment_id: "0" })) as {
    run: { info: { run_id: string } };
  };
  runId = run.info.run_id;
  const logged = await made("logged-models", { experiment_id: "0", name: "logged" });
  modelId = (logged as { model: { info: { model_id: string } } }).model.info.model_id;
  await made("registered-models/create", { name: "paths" });
  await made("model-versions/create", { name: "paths", source: `runs:/${runId}/model` });
}, 300_000);
afterAll(() => closers.close());

type Address = readonly [method: string, path: string, body?: object];

/** Every address and every field that takes a path or a source. */
function addressesOf(path: string): readonly Address[] {
  const said = decodeOnce(path);
  const upload = { path: "f", upload_id: "00000000-0000-4000-8000-000000000000" };
  const version = (source: string): Address => [
    "POST",
    `${api}/mlflow/model-versions/create`,
    { name: "paths", source },
  ];
  return [
    ["GET", `${store}/artifacts/${path}`],
    ["HEAD", `${store}/artifacts/${path}`],
    ["PUT", `${store}/artifacts/${path}`],
    ["DELETE", `${store}/artifacts/${path}`],
    ["GET", `${store}/artifacts?path=${path}`],
    ["GET", `/get-artifact?run_id=${runId}&path=${path}`],
    ["GET", `/model-versions/get-artifact?name=paths&version=1&path=${path}`],
    ["GET", `${api}/mlflow/artifacts/list?run_id=${runId}&path=${path}`],
    ["GET", `${api}/mlflow/logged-models/${modelId}/artifacts/directories?artifact_directory_path=${path}`],
    ["POST", `${store}/mpu/create/${path}`, { path: "f", num_parts: 1 }],
    ["POST", `${store}/mpu/complete/${path}`, { ...upload, parts: [{ part_number: 1, etag: "x" }] }],
    ["POST", `${store}/mpu/abort/${path}`, upload],
    ["PUT", `${store}/mpu/parts/${path}/1`],
    ["GET", `${store}/presigned/${path}`],
    ["POST", `${api}/mlflow/artifacts/presigned-upload-url`, { run_id: runId, path: said }],
    ["POST", `${api}/mlflow/artifacts/presigned-download-url`, { run_id: runId, path: said }],
    version(said),
    version(`mlflow-artifacts:/${said}`),
    version(`runs:/${runId}/${said}`),
    version(`models:/${modelId}/${said}`),
    version(`file:///${said}`),
    ["POST", `${api}/mlflow/experiments/create`, { name: `e ${path}`, artifact_location: said }],
    [
      "POST",
      `${api}/mlflow/experiments/create`,
      { name: `f ${path}`, artifact_location: `mlflow-artifacts:/${said}` },
    ],
    ["GET", `/console/${path}`],
    ["GET", `/console/assets/${path}`],
    ["GET", `/docs/static/${path}`],
    ["GET", `/api/bedplate/v1/training/jobs/${path}/log`],
    ["POST", "/api/bedplate/v1/training/jobs", { name: "j", command: ["node"], workingDirectory: said }],
  ];
}

function decodeOnce(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

async function statusOf([method, path, body]: Address): Promise<number> {
  const headers = { authorization: `Bearer ${home.token}`, "content-type": "application/json" };
  // Not `fetch`: it tidies paths before it sends them.
  const sent = request(`${replica.url}/`, { method, path, headers });
  sent.end(body === undefined ? undefined : JSON.stringify(body));
  const [reply] = (await once(sent, "response")) as [{ statusCode: number; resume: () => void }];
  reply.resume();
  return reply.statusCode;
}

/** All requests, a few at a time; what was not refused. */
async function sendAll(
  spellings: readonly string[],
): Promise<{ readonly sent: number; readonly wrong: string[] }> {
  const waiting = spellings.flatMap(addressesOf);
  const sent = waiting.length;
  const wrong: string[] = [];
  const worker = async () => {
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      const status = await statusOf(next);
      if (status < 400 || status >= 500) wrong.push(`${status} ${JSON.stringify(next)}`);
    }
  };
  await Promise.all(Array.from({ length: 8 }, worker));
  return { sent, wrong };
}

/** Follows a process's file system calls from now on; null where that is not possible here. */
async function trace(pid: number, file: string): Promise<ChildProcess | null> {
  if (spawnSync("strace", ["-V"]).status !== 0) return null;
  const tracer = spawn("strace", ["-f", "-qq", "-e", "trace=%file", "-o", file, "-p", String(pid)], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  await wait(1_000);
  return tracer.exitCode === null ? tracer : null;
}

const pathPattern = /"((?:[^"\\]|\\.)*)"/g;

/** The files of the API's documentation, which the service sends as they are. */
const docsFolder = join(
  dirname(createRequire(join(root, "runtime/")).resolve("@fastify/swagger-ui/package.json")),
  "static",
);

/** What the service may ask the system about, whatever is in a request. */
function isOwn(path: string): boolean {
  const inside = [home.folder, docsFolder].some((folder) => path === folder || path.startsWith(`${folder}/`));
  // The folders above the program root, the program that the jobs name, and what Node asks about the machine.
  const above = home.folder.startsWith(`${path}/`) || path === "/";
  return (
    inside || above || path === realpathSync(process.execPath) || path === "/sys/devices/system/cpu/online"
  );
}

/** The paths outside the service's own folders that it asked the system about; `..` is followed. */
function strayPaths(log: string): readonly string[] {
  const paths = [...log.matchAll(pathPattern)].map(([, path = ""]) => path);
  return [...new Set(paths)].filter((path) => path !== "" && !isOwn(resolve(path)));
}

test("no spelling of a path is taken on any address, and the service asks the system for nothing outside its own folders", async (context) => {
  expect(pathSpellings.length).toBeGreaterThan(500);
  // Modules that are loaded at the first use are none of this.
  await sendAll(["a/../b"]);
  const file = join(home.folder, "trace");
  const tracer = await trace(replica.pid() ?? 0, file);
  const { sent, wrong } = await sendAll(pathSpellings);
  expect(sent).toBeGreaterThan(14_000);
  expect(wrong).toEqual([]);
  if (tracer === null) {
    context.skip(
      "strace is not here, or may not follow processes: what the service opened was not looked at",
    );
    return;
  }
  tracer.kill("SIGINT");
  await once(tracer, "exit");
  const log = await readFile(file, "utf8");
  expect(log.length).toBeGreaterThan(0);
  expect(strayPaths(log)).toEqual([]);
}, 600_000);
