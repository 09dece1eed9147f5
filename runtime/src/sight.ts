import type { Identity } from "./domain/identity.ts";
import type { Ports } from "./ports.ts";

/** Which served models somebody may see: those of their team and of teams that let others read; all without a team. */
export async function sightOf(
  { registry, settings }: Pick<Ports, "registry" | "settings">,
  { team }: Identity,
): Promise<(served: { readonly name: string }) => boolean> {
  if (team === null) return () => true;
  const champions = await registry.aliased(settings.serving.alias, team);
  const seen = new Set(champions.map(({ model }) => model));
  return ({ name }) => seen.has(name);
}
