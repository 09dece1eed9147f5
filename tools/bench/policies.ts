import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { Client, credentials } from "@grpc/grpc-js";
import analyzerServices from "@pulumi/pulumi/proto/analyzer_grpc_pb.js";
import analyzer from "@pulumi/pulumi/proto/analyzer_pb.js";
import struct from "google-protobuf/google/protobuf/struct_pb.js";
import { repositoryRoot } from "../engine/environment.ts";
import { type BenchResult, type Options, progress } from "./options.ts";
import { quantile, round } from "./statistics.plan.ts";

const resourceCount = 1_000;
/** As many calls at once as the engine makes by default. */
const callsAtOnce = 16;
const pack = join(repositoryRoot, "policies");
const thousand = 1_000;

interface Pack {
  readonly port: number;
  /** From the start of the process to its port, in seconds. */
  readonly startSeconds: number;
  readonly stop: () => Promise<void>;
}

/** Starts the pack as the engine does: the SDK's own command, which prints its port when it can be asked. */
async function startPack(compiled: string): Promise<Pack> {
  const script = createRequire(import.meta.url).resolve("@pulumi/pulumi/cmd/run-policy-pack");
  const started = performance.now();
  const child: ChildProcess = spawn(process.execPath, [script, "127.0.0.1:1", pack], {
    cwd: pack,
    // The compiled modules are kept from one start to the next, as our commands have it.
    env: { ...process.env, NODE_COMPILE_CACHE: compiled },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const stop = async () => {
    if (child.exitCode === null && child.kill()) await once(child, "exit");
  };
  if (child.stdout === null) throw new Error("the pack has no standard output");
  for await (const line of createInterface({ input: child.stdout })) {
    if (!/^\d+$/.test(line)) continue;
    return { port: Number(line), startSeconds: (performance.now() - started) / thousand, stop };
  }
  throw new Error("the policy pack ended before it could be asked");
}

/** A Deployment with a container of each list and what a careful team says about them. */
function deployment(index: number) {
  const container = (name: string) => ({
    name,
    image: `registry.example/app@sha256:${"0".repeat(64)}`,
    env: [{ name: "LEVEL", value: "info" }],
    resources: { requests: { cpu: "100m", memory: "64Mi" }, limits: { memory: "64Mi" } },
    readinessProbe: { httpGet: { path: "/readyz", port: 8080 } },
    // Every tenth one is broken.
    securityContext: { allowPrivilegeEscalation: index % 10 === 0, capabilities: { drop: ["ALL"] } },
  });
  const spec = {
    automountServiceAccountToken: false,
    securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
    initContainers: [container("init")],
    containers: [container("main"), container("proxy")],
  };
  const labels = { app: `app-${index}` };
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: `app-${index}`, namespace: "apps", labels },
    spec: { replicas: 2, selector: { matchLabels: labels }, template: { metadata: { labels }, spec } },
  };
}

/** The engine's question about one resource, as it goes over the wire. */
function question(index: number): Buffer {
  const type = "kubernetes:apps/v1:Deployment";
  const provider = new analyzer.AnalyzerProviderResource()
    .setType("pulumi:providers:kubernetes")
    .setProperties(new struct.Struct());
  const request = new analyzer.AnalyzeRequest()
    .setType(type)
    .setName(`app-${index}`)
    .setUrn(`urn:pulumi:bench::bench::${type}::app-${index}`)
    .setProperties(struct.Struct.fromJavaScript(deployment(index)))
    .setOptions(new analyzer.AnalyzerResourceOptions())
    .setProvider(provider);
  return Buffer.from(request.serializeBinary());
}

/** Has every rule judge the resources, one call a resource as the engine does; answers what was found. */
async function analyzeAll(port: number, questions: readonly Buffer[]): Promise<number> {
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
  const { path, responseDeserialize } = analyzerServices.AnalyzerService.analyze;
  const analyze = promisify(
    (bytes: Buffer, done: (error: Error | null, answer?: analyzer.AnalyzeResponse) => void) =>
      client.makeUnaryRequest(path, (one: Buffer) => one, responseDeserialize, bytes, done),
  );
  let found = 0;
  const left = questions.values();
  const worker = async () => {
    for (const bytes of left) {
      const answer = await analyze(bytes);
      found += answer?.getDiagnosticsList().length ?? 0;
    }
  };
  try {
    await Promise.all(Array.from({ length: callsAtOnce }, worker));
  } finally {
    client.close();
  }
  return found;
}

/** How long the policy pack takes to start, and to judge a thousand Deployments by all of its rules. */
export async function benchPolicies({ isQuick }: Options): Promise<BenchResult> {
  const compiled = await mkdtemp(join(tmpdir(), "bedplate-bench-"));
  const starts: number[] = [];
  const runs: number[] = [];
  // Made before the clock runs: the engine's own work is none of the pack's.
  const questions = Array.from({ length: resourceCount }, (_, index) => question(index));
  try {
    // The first start compiles, and is not counted.
    await (await startPack(compiled)).stop();
    for (let at = 0; at < (isQuick ? 3 : 7); at++) {
      const { port, startSeconds, stop } = await startPack(compiled);
      try {
        const began = performance.now();
        const found = await analyzeAll(port, questions);
        const seconds = (performance.now() - began) / thousand;
        starts.push(startSeconds);
        runs.push(seconds);
        progress(
          `start ${startSeconds.toFixed(2)} s, ${resourceCount} resources ${seconds.toFixed(2)} s, ${found} violations`,
        );
      } finally {
        await stop();
      }
    }
  } finally {
    await rm(compiled, { recursive: true, force: true });
  }
  return {
    name: "policies",
    ratios: {},
    limits: {
      "pack-start-s": round(quantile(starts, 0.5)),
      "analyse-1000-s": round(quantile(runs, 0.5)),
    },
    information: { starts: starts.map(round), runs: runs.map(round) },
  };
}
