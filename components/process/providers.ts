export { startTicksOf } from "./process-identity.ts";

import { folderKeeper } from "./folder-keeper.ts";
import { processSupervisor } from "./process-supervisor.ts";
import type { LocalProvider } from "./provider.ts";
import { secretCopier } from "./secret-copier.ts";
import { secretGenerator } from "./secret-generator.ts";
import { secretKeeper } from "./secret-keeper.ts";

type Properties = Record<string, unknown>;

/** The engine's side of a dynamic provider, over a plain one. */
function dynamic<Settings, State extends Settings>(provider: LocalProvider<Settings, State>) {
  return {
    async check(olds: Properties, news: Properties) {
      return { inputs: news, failures: await provider.check(olds as Partial<State>, news as Settings) };
    },
    async diff(_id: string, olds: Properties, news: Properties) {
      return { changes: await provider.diff(olds as State, news as Settings) };
    },
    async create(inputs: Properties) {
      const { id, state } = await provider.create(inputs as Settings);
      return { id, outs: state };
    },
    async read(id: string, properties: Properties) {
      const state = await provider.read(properties as State);
      return state === undefined ? {} : { id, props: { ...state } };
    },
    async update(_id: string, olds: Properties, news: Properties) {
      return { outs: await provider.update(olds as State, news as Settings) };
    },
    async delete(_id: string, properties: Properties) {
      await provider.delete(properties as State);
    },
  };
}

/** What the provider process of the engine loads, by the resource's type. */
export const providers = {
  LocalFolder: dynamic(folderKeeper),
  LocalProcess: dynamic(processSupervisor),
  SecretFile: dynamic(secretKeeper),
  SecretCopy: dynamic(secretCopier),
  SecretValues: dynamic(secretGenerator),
};
