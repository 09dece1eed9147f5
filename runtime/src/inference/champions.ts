import type { ErrorCode, ServingStatus } from "@bedplate/contract";
import { Problem } from "../domain/problem.ts";
import type { Challengers } from "./challengers.ts";
import type { VersionAddress } from "./model-source.ts";
import type { ServedVersion } from "./served-version.ts";
import type { VersionStatistics } from "./statistics.ts";
import type { VersionLoader } from "./version-loader.ts";

export interface ChampionSettings {
  /** The registered-model alias whose version is served. */
  readonly alias: string;
  readonly modelLimit: number;
}

export interface ChampionParts {
  readonly registry: { readonly aliased: (alias: string) => Promise<readonly VersionAddress[]> };
  readonly settings: ChampionSettings;
  readonly log: { readonly error: (fields: object, message: string) => void };
}

/** A model that the registry wants served. Source of the states: Triton, "Model Repository Extension". */
export interface ListedModel {
  readonly name: string;
  readonly version: number;
  readonly state: "READY" | "LOADING" | "UNAVAILABLE";
  /** Why it does not answer, or why a newer version does not; empty where all is well. */
  readonly reason: string;
}

interface Refusal {
  readonly version: number;
  /** The bytes that were refused; they are not tried again, others are. Null where a later try may go well. */
  readonly key: string | null;
  readonly code: ErrorCode;
  readonly detail: string;
}

/** The versions that are loaded, and why others are not. Calls that change it must not overlap. */
export class Champions {
  readonly #parts: ChampionParts;
  readonly #loader: VersionLoader;
  /** Versions that are held beside champions: one of them becomes champion without being loaded again. */
  readonly #challengers: Challengers;
  readonly #serving = new Map<string, ServedVersion>();
  readonly #refusals = new Map<string, Refusal>();
  readonly #loading = new Map<string, number>();
  /** Versions that the registry wants served and that were unloaded by hand. */
  readonly #paused = new Map<string, number>();
  /** A version that was loaded to be checked; the promotion that follows takes it over. */
  #candidate: ServedVersion | null = null;

  constructor(parts: ChampionParts, loader: VersionLoader, challengers: Challengers) {
    this.#parts = parts;
    this.#loader = loader;
    this.#challengers = challengers;
  }

  get count(): number {
    return this.#serving.size;
  }

  status(model: string): ServingStatus {
    const loading = this.#loading.get(model);
    if (loading !== undefined) return { state: "loading", version: loading };
    const refusal = this.#refusals.get(model);
    const served = this.#serving.get(model);
    if (refusal === undefined) return served === undefined ? { state: "none" } : served.status();
    const { version, code, detail } = refusal;
    const still = served === undefined ? "" : ` Version ${served.version} still answers.`;
    return { state: "refused", version, code, detail: `${detail}${still}` };
  }

  /** What answers for a model. Throws MODEL_NOT_SERVED when nothing does, or another version than the one named. */
  find(model: string, version: string | undefined): ServedVersion {
    const served = this.#serving.get(model);
    if (served === undefined) throw new Problem("MODEL_NOT_SERVED", this.#whyNotServed(model));
    if (version !== undefined && version !== String(served.version)) {
      throw new Problem(
        "MODEL_NOT_SERVED",
        `Version ${version.slice(0, 20)} of "${model}" is not served; version ${served.version} is.`,
      );
    }
    return served;
  }

  /** What answers for a model; null when nothing does. */
  current(model: string): ServedVersion | null {
    return this.#serving.get(model) ?? null;
  }

  /** Every model with the alias, by name. */
  list(): readonly ListedModel[] {
    const versions = new Map<string, number>(this.#paused);
    for (const [name, { version }] of this.#refusals) versions.set(name, version);
    for (const [name, version] of this.#loading) versions.set(name, version);
    for (const [name, { version }] of this.#serving) versions.set(name, version);
    return [...versions]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, version]) => ({ name, version, ...this.#listedState(name) }));
  }

  statistics(): readonly VersionStatistics[] {
    return [...this.#serving.values()].map((served) => served.statistics());
  }

  /** Gives a model's memory back until it is loaded or promoted again. */
  async pause(model: string): Promise<void> {
    const served = this.#serving.get(model);
    const version = served?.version ?? this.#refusals.get(model)?.version ?? this.#paused.get(model);
    if (version === undefined) throw new Problem("MODEL_NOT_SERVED", this.#whyNotServed(model));
    this.#paused.set(model, version);
    this.#serving.delete(model);
    this.#refusals.delete(model);
    await served?.retire();
  }

  /** Serves a model again. Throws why it cannot be. */
  async resume(model: string): Promise<void> {
    this.#paused.delete(model);
    this.#refusals.delete(model);
    await this.reconcile();
    const refusal = this.#refusals.get(model);
    if (refusal !== undefined) throw new Problem(refusal.code, refusal.detail);
    if (!this.#serving.has(model)) throw new Problem("MODEL_NOT_SERVED", this.#whyNotServed(model));
  }

  /** Loads what a version holds and throws a `Problem` when it cannot be served; nothing that is served changes. */
  async check(address: VersionAddress): Promise<void> {
    this.#paused.delete(address.model);
    const current = this.#serving.get(address.model);
    if (current?.isOf(address) || this.#challengers.holds(address)) return;
    if (current === undefined) this.#requirePlace();
    const loaded = await this.#load(address);
    this.#candidate?.retire();
    this.#candidate = loaded;
  }

  /** Serves what the registry names now, and nothing else. */
  async reconcile(): Promise<void> {
    const champions = await this.#parts.registry.aliased(this.#parts.settings.alias);
    const wanted = new Set(champions.map((one) => one.model));
    for (const [model, served] of this.#serving) {
      if (wanted.has(model)) continue;
      this.#serving.delete(model);
      served.retire();
    }
    for (const model of this.#refusals.keys()) if (!wanted.has(model)) this.#refusals.delete(model);
    for (const model of this.#paused.keys()) if (!wanted.has(model)) this.#paused.delete(model);
    for (const champion of champions) {
      if (!this.#paused.has(champion.model)) await this.#update(champion);
    }
  }

  /** Gives all memory back; requests in flight are answered first. */
  async close(): Promise<void> {
    this.#candidate?.retire();
    this.#candidate = null;
    const all = [...this.#serving.values()];
    this.#serving.clear();
    await Promise.all(all.map((served) => served.retire()));
  }

  async #update(address: VersionAddress): Promise<void> {
    const { model, version } = address;
    if (this.#serving.get(model)?.isOf(address)) {
      this.#refusals.delete(model);
      return;
    }
    const key = await this.#loader.find(address).then((file) => file.digest, keyOfRefusal);
    const refusal = this.#refusals.get(model);
    if (refusal?.version === version && refusal.key !== null && refusal.key === key) return;
    try {
      if (!this.#serving.has(model)) this.#requirePlace();
      this.#loading.set(model, version);
      const next = await this.#load(address);
      const previous = this.#serving.get(model);
      this.#serving.set(model, next);
      this.#refusals.delete(model);
      if (previous !== undefined && !this.#challengers.keep(previous)) previous.retire();
    } catch (error) {
      this.#refusals.set(model, this.#refusalOf(error, version, key));
    } finally {
      this.#loading.delete(model);
    }
  }

  async #load(address: VersionAddress): Promise<ServedVersion> {
    const file = await this.#loader.find(address);
    const challenger = this.#challengers.take(address, file.digest);
    if (challenger !== null) return challenger;
    const candidate = this.#candidate;
    if (candidate?.isOf(address) && candidate.digest === file.digest) {
      this.#candidate = null;
      return candidate;
    }
    return await this.#loader.open(address, file);
  }

  #requirePlace(): void {
    const { modelLimit, alias } = this.#parts.settings;
    if (this.count < modelLimit) return;
    throw new Problem(
      "CONFLICT",
      `${this.count} models are served, which is the limit (serving.modelLimit); take the alias "${alias}" from one ` +
        "that is not needed.",
    );
  }

  #refusalOf(error: unknown, version: number, key: string | null): Refusal {
    if (error instanceof Problem) {
      const fixed = error.code.startsWith("MODEL_");
      return { version, key: fixed ? key : null, code: error.code, detail: error.message };
    }
    this.#parts.log.error({ error }, "a model could not be loaded");
    const detail = "The model could not be read from the object store; it is tried again.";
    return { version, key: null, code: "UNAVAILABLE", detail };
  }

  #listedState(model: string): Pick<ListedModel, "state" | "reason"> {
    const status = this.status(model);
    const reason = status.state === "refused" ? status.detail : "";
    if (this.#serving.has(model)) return { state: "READY", reason };
    if (status.state === "loading") return { state: "LOADING", reason };
    return { state: "UNAVAILABLE", reason: this.#paused.has(model) ? "unloaded" : reason };
  }

  #whyNotServed(model: string): string {
    if (this.#paused.has(model)) return `"${model}" was unloaded; load it or promote a version.`;
    const refusal = this.#refusals.get(model);
    if (refusal !== undefined) {
      return `Version ${refusal.version} of "${model}" cannot be served: ${refusal.detail}`;
    }
    const loading = this.#loading.get(model);
    if (loading !== undefined)
      return `Version ${loading} of "${model}" is being loaded; try again in a moment.`;
    return `No version of "${model}" has the alias "${this.#parts.settings.alias}"; promote one.`;
  }
}

/** What was refused where the file itself could not even be told: the reason stands for its bytes. */
function keyOfRefusal(error: unknown): string | null {
  return error instanceof Problem ? error.message : null;
}
