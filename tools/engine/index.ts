export type { Engine } from "./engine.ts";
export { engineEnvironment, repositoryRoot } from "./environment.ts";
export { EngineNotFound, findEngine, findInstalledEngine } from "./find-engine.ts";
