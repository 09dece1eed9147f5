import { existsSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import type { LocalProvider } from "./provider.ts";

interface PathKeeperParts<Settings, State> {
  /** Why the settings cannot work here, in one sentence. */
  readonly problem: (settings: Settings) => Promise<string | undefined>;
  /** What an update compares: of the settings, and of what is kept. */
  readonly wanted: (settings: Settings) => unknown;
  readonly kept: (state: State) => unknown;
  readonly make: (settings: Settings) => Promise<State>;
}

/** What every keeper of something that lies under a path does alike. */
export function keepPath<Settings extends { readonly path: string }, State extends Settings>(
  parts: PathKeeperParts<Settings, State>,
): Pick<LocalProvider<Settings, State>, "check" | "diff" | "create" | "read"> {
  return {
    async check(_olds, settings) {
      const reason = await parts.problem(settings);
      return reason === undefined ? [] : [{ property: "path", reason }];
    },
    async diff(state, settings) {
      return !isDeepStrictEqual(parts.wanted(settings), parts.kept(state)) || !existsSync(state.path);
    },
    async create(settings) {
      return { id: settings.path, state: await parts.make(settings) };
    },
    async read(state) {
      return existsSync(state.path) ? state : undefined;
    },
  };
}
