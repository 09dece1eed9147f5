export { engineEnvironment, repositoryRoot } from "./environment.ts";
export { type Engine, EngineNotFound, findEngine, type OnProgress, pulumiHome } from "./find-engine.ts";
