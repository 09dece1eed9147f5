import { type ChildProcess, spawn } from "node:child_process";
import { createRequire } from "node:module";
import { join } from "node:path";
import type { ServerUnaryCall, sendUnaryData } from "@grpc/grpc-js";
import language, { type RunRequest, type RunResponse } from "@pulumi/pulumi/proto/language_pb.js";

/** The exit status by which the SDK says that it has already shown the error to the user. */
const alreadyReported = 32;
const children = new Set<ChildProcess>();

/** Ends the programs and plugins that run, with SIGTERM. */
export function stopChildren(): void {
  for (const child of children) child.kill("SIGTERM");
}

/** Keeps a child in the set that `stopChildren` ends, as long as it lives. */
export function supervise(child: ChildProcess): void {
  children.add(child);
  child.once("close", () => children.delete(child));
}

/** A command of the SDK: the one that the program itself depends on, else the one beside this file. */
export function sdkCommand(name: string, directory: string): string {
  try {
    return createRequire(join(directory, "program.js")).resolve(`@pulumi/pulumi/cmd/${name}`);
  } catch {
    return createRequire(import.meta.url).resolve(`@pulumi/pulumi/cmd/${name}`);
  }
}

function commandLine(engine: string, request: RunRequest): string[] {
  const info = request.getInfo();
  const values = {
    monitor: request.getMonitorAddress(),
    engine,
    organization: request.getOrganization(),
    project: request.getProject(),
    stack: request.getStack(),
    "root-directory": info?.getRootDirectory(),
    pwd: request.getPwd(),
    parallel: request.getParallel() > 0 ? String(request.getParallel()) : undefined,
  };
  const flags = Object.entries(values).flatMap(([name, value]) => (value ? [`--${name}`, value] : []));
  if (request.getDryrun()) flags.push("--dry-run");
  return [...flags, info?.getEntryPoint() || request.getProgram() || ".", ...request.getArgsList()];
}

function environment(request: RunRequest): NodeJS.ProcessEnv {
  const typescript = request.getInfo()?.getOptions()?.toJavaScript().typescript;
  const config: Record<string, string> = {};
  request.getConfigMap().forEach((value: string, key: string) => {
    config[key] = value;
  });
  return {
    ...process.env,
    PULUMI_CONFIG: JSON.stringify(config),
    PULUMI_CONFIG_SECRET_KEYS: JSON.stringify(request.getConfigsecretkeysList()),
    PULUMI_NODEJS_TYPESCRIPT: String(typescript ?? true),
  };
}

/** `Run`: one process per preview or update, its output passed through, answered when it has ended. */
export function runProgram(engine: string) {
  return (call: ServerUnaryCall<RunRequest, RunResponse>, reply: sendUnaryData<RunResponse>): void => {
    const request = call.request;
    const directory = request.getInfo()?.getProgramDirectory() || request.getPwd();
    const command = [sdkCommand("run", directory), ...commandLine(engine, request)];
    const child = spawn(process.execPath, command, {
      cwd: directory,
      env: environment(request),
      stdio: ["ignore", "inherit", "inherit"],
    });
    supervise(child);
    call.on("cancelled", () => child.kill("SIGTERM"));
    child.once("error", (error) => reply(null, new language.RunResponse().setError(String(error))));
    child.once("close", (code, signal) => {
      const response = new language.RunResponse();
      if (code === alreadyReported) response.setBail(true);
      else if (code !== 0) response.setError(`the program ended with ${signal ?? `exit status ${code}`}`);
      reply(null, response);
    });
  };
}
