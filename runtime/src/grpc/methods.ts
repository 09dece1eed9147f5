import type { GrpcMethodName } from "@bedplate/contract";
import type { Identity } from "../domain/identity.ts";
import { configOf } from "../domain/model-config.ts";
import { Problem } from "../domain/problem.ts";
import { serverAbout } from "../domain/server-about.ts";
import type { Ports } from "../ports.ts";
import { sightOf } from "../sight.ts";
import type { Message } from "./schema.ts";

/** A method apart from predictions: fields in and fields out, as inference.proto names them. */
type Method = (request: Message, ports: Ports, caller: Identity | undefined) => object | Promise<object>;

export const textOf = (value: unknown) => (typeof value === "string" ? value : "");

/** The model that a request names, and the version where it names one. */
const targetOf = ({ name, version }: Message) => [textOf(name), textOf(version) || undefined] as const;

/** What every method but the prediction does: the same as its address over HTTP. */
export const methods: Readonly<Record<Exclude<GrpcMethodName, "ModelInfer">, Method>> = {
  ServerLive: () => ({ live: true }),
  ServerReady: async (_, { obstacles }) => ({ ready: (await obstacles()).length === 0 }),
  ServerMetadata: (_, { settings }) => serverAbout(settings.release),
  ModelReady(request, { models }) {
    models.served(...targetOf(request));
    return { ready: true };
  },
  ModelMetadata(request, { models }) {
    const [name, wanted] = targetOf(request);
    const { version, inputs, outputs } = models.served(name, wanted);
    return { name, versions: [String(version)], platform: "onnxruntime_onnx", inputs, outputs };
  },
  ModelConfig(request, { models }) {
    const [name, version] = targetOf(request);
    return { config: configOf(name, models.served(name, version)) };
  },
  async ModelStatistics(request, ports, caller) {
    const { models } = ports;
    const [name, version] = targetOf(request);
    if (name === "") return { model_stats: models.statistics().filter(await sight(ports, caller)) };
    models.served(name, version);
    const stats = models.statistics().filter((one) => one.name === name);
    if (stats.length === 0) throw new Problem("MODEL_NOT_SERVED", `"${name}" is not in memory.`);
    return { model_stats: stats };
  },
  async RepositoryIndex({ ready }, ports, caller) {
    const seen = ports.models.list().filter(await sight(ports, caller));
    const shown = seen.filter(({ state }) => ready !== true || state === "READY");
    return { models: shown.map((one) => ({ ...one, version: String(one.version) })) };
  },
  async RepositoryModelLoad(request, { models }) {
    requireParameters(request, []);
    await models.load(textOf(request.model_name));
    return {};
  },
  async RepositoryModelUnload(request, { models }) {
    requireParameters(request, ["unload_dependents"]);
    await models.unload(textOf(request.model_name));
    return {};
  },
};

/** Nobody who is not signed in sees a model. */
const sight = async (ports: Ports, caller: Identity | undefined) =>
  caller === undefined ? () => false : await sightOf(ports, caller);

/** Files and configurations are not taken: what is served is what was promoted. */
function requireParameters({ parameters }: Message, known: readonly string[]): void {
  const unknown = Object.keys(parameters ?? {}).filter((name) => !known.includes(name));
  if (unknown.length === 0) return;
  const names = unknown.slice(0, 5).map((name) => JSON.stringify(name.slice(0, 100)));
  throw new Problem(
    "INVALID_REQUEST",
    `These parameters are not taken: ${names.join(", ")}; what is served is what was promoted.`,
  );
}
