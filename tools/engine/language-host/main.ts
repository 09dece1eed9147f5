import { createRequire } from "node:module";
import { Server, ServerCredentials, type ServerUnaryCall, type sendUnaryData } from "@grpc/grpc-js";
import languageGrpc from "@pulumi/pulumi/proto/language_grpc_pb.js";
import language from "@pulumi/pulumi/proto/language_pb.js";
import pluginMessages from "@pulumi/pulumi/proto/plugin_pb.js";
import empty from "google-protobuf/google/protobuf/empty_pb.js";
import "./end-with-parent.ts";
import { runPlugin } from "./run-plugin.ts";
import { runProgram, stopChildren } from "./run-program.ts";

/**
 * The Pulumi language host for Node programs, for an engine that comes without one.
 * Protocol: `pulumirpc.LanguageRuntime` (pulumi/language.proto in @pulumi/pulumi). The engine starts it with its own
 * address as the last argument that is not a flag, and reads the port that it listens on from the first line of stdout.
 */
const engineAddress = process.argv.slice(2).findLast((argument) => !argument.startsWith("-"));
if (engineAddress === undefined) {
  console.error(
    "pulumi-language-nodejs: the Pulumi engine starts this program, with its address as the argument",
  );
  process.exit(1);
}
const address = engineAddress;
const sdkVersion: unknown = createRequire(import.meta.url)("@pulumi/pulumi/package.json").version;

/** A call that always gets the same answer. */
function answer<Response>(make: () => Response) {
  return (_call: ServerUnaryCall<unknown, Response>, reply: sendUnaryData<Response>) => reply(null, make());
}

const server = new Server({ "grpc.max_receive_message_length": -1, "grpc.max_send_message_length": -1 });
server.addService(languageGrpc.LanguageRuntimeService, {
  handshake: answer(() => new language.LanguageHandshakeResponse()),
  getRequiredPlugins: answer(() => new language.GetRequiredPluginsResponse()),
  getRequiredPackages: answer(() => new language.GetRequiredPackagesResponse()),
  getProgramDependencies: answer(() => new language.GetProgramDependenciesResponse()),
  runtimeOptionsPrompts: answer(() => new language.RuntimeOptionsResponse()),
  getPluginInfo: answer(() => new pluginMessages.PluginInfo().setVersion(String(sdkVersion))),
  about: answer(() =>
    new language.AboutResponse().setExecutable(process.execPath).setVersion(process.version),
  ),
  run: runProgram(address),
  runPlugin,
  cancel: answer(() => {
    stopChildren();
    return new empty.Empty();
  }),
});

server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) => {
  if (error) throw error;
  console.log(port);
});

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.on(signal, () => {
    stopChildren();
    server.forceShutdown();
    process.exitCode = 1;
  });
}
