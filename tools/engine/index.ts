export { engineEnvironment, repositoryRoot } from "./environment.ts";
export { type Engine, EngineNotFound, findEngine, findInstalledEngine } from "./find-engine.ts";
