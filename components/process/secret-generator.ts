import { generateKeyPairSync, randomBytes, randomUUID } from "node:crypto";
import type { LocalProvider } from "./provider.ts";

/** What is to be generated: a part's name to random bytes, or `ec-p256` for a private key. */
interface GeneratorSettings {
  readonly generate: Readonly<Record<string, number | "ec-p256">>;
  readonly labels: Readonly<Record<string, string>>;
}

interface GeneratorState extends GeneratorSettings {
  readonly values: Readonly<Record<string, string>>;
}

const shortest = 12;

function makePart(kind: number | "ec-p256"): string {
  if (kind !== "ec-p256") return randomBytes(kind).toString("base64url");
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
  return privateKey.export({ type: "pkcs8", format: "pem" }).toString();
}

function stateOf({ generate, labels }: GeneratorSettings, kept: GeneratorState["values"]): GeneratorState {
  const values = Object.entries(generate).map(([name, kind]) => [name, kept[name] ?? makePart(kind)]);
  return { generate, labels, values: Object.fromEntries(values) };
}

const isEqual = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);
const sorted = (parts: GeneratorSettings["generate"]) => Object.entries(parts).sort();

/** Keeps generated values in the engine's encrypted state: each is made once, and goes when nobody asks for it. */
export const secretGenerator: LocalProvider<GeneratorSettings, GeneratorState> = {
  async check(_olds, { generate }) {
    return Object.entries(generate)
      .filter(([, kind]) => kind !== "ec-p256" && kind < shortest)
      .map(([name, kind]) => ({
        property: "generate",
        reason: `${name} has ${kind} random bytes, fewer than ${shortest}`,
      }));
  },
  async diff(state, { generate, labels }) {
    return !isEqual(sorted(state.generate), sorted(generate)) || !isEqual(state.labels, labels);
  },
  async create(settings) {
    return { id: randomUUID(), state: stateOf(settings, {}) };
  },
  async read(state) {
    return state;
  },
  async update(state, settings) {
    return stateOf(settings, state.values);
  },
  async delete() {
    // The values live in the state alone.
  },
};
