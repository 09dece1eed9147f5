import { spawn } from "node:child_process";
import type { ServerWritableStream } from "@grpc/grpc-js";
import language, { type RunPluginRequest, type RunPluginResponse } from "@pulumi/pulumi/proto/language_pb.js";
import { sdkCommand, supervise } from "./run-program.ts";

/** The command of the SDK that runs a plugin of a kind: policy packs are analyzers, all others are resource providers. */
const commands: Readonly<Record<string, string>> = { analyzer: "run-policy-pack" };

/**
 * `RunPlugin`: a plugin written for Node, its stdout, stderr and exit status streamed to the engine.
 * The working folder is the plugin's own: the SDK reads a policy pack's version from `package.json` there.
 */
export function runPlugin(call: ServerWritableStream<RunPluginRequest, RunPluginResponse>): void {
  const request = call.request;
  const directory = request.getInfo()?.getProgramDirectory() || request.getProgram();
  const script = sdkCommand(commands[request.getKind()] ?? "run-plugin", directory);
  const given = Object.fromEntries(request.getEnvList().map((line) => line.split(/=(.*)/s).slice(0, 2)));
  const child = spawn(process.execPath, [script, ...request.getArgsList(), directory], {
    cwd: directory,
    env: { ...process.env, ...given },
    stdio: ["ignore", "pipe", "pipe"],
  });
  supervise(child);
  child.stdout.on("data", (chunk: Buffer) => call.write(new language.RunPluginResponse().setStdout(chunk)));
  child.stderr.on("data", (chunk: Buffer) => call.write(new language.RunPluginResponse().setStderr(chunk)));
  call.on("cancelled", () => child.kill("SIGTERM"));
  child.once("error", (error) => call.destroy(error));
  child.once("close", (code) => {
    call.write(new language.RunPluginResponse().setExitcode(code ?? 1));
    call.end();
  });
}
