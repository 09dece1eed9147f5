export type { Engine } from "./engine.ts";
export { engineEnvironment, repositoryRoot } from "./environment.ts";
export { EngineNotFound, findEngine, findInstalledEngine, pulumiHome } from "./find-engine.ts";
