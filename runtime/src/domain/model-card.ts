import type { ModelCard, ModelCardPart } from "@bedplate/contract";

/** All that is known of a version, before it is judged what is missing; null where a source told nothing at all. */
export interface CardFacts
  extends Omit<ModelCard, "missing" | "complete" | "sections" | "history" | "approvals"> {
  readonly sections: ModelCard["sections"] | null;
  readonly history: ModelCard["history"] | null;
  readonly approvals: ModelCard["approvals"] | null;
}

const noSections: ModelCard["sections"] = {
  intendedUse: "",
  limitations: "",
  ethicalConsiderations: "",
  licence: "",
  owner: "",
};

const write = (section: string) => `Write it: PUT …/card with "${section}".`;

/** What to do about each part that is missing. */
const todos: Readonly<Record<ModelCardPart, string>> = {
  intendedUse: write("intendedUse"),
  limitations: write("limitations"),
  ethicalConsiderations: write("ethicalConsiderations"),
  licence: write("licence"),
  owner: write("owner"),
  description: "Describe the version: MlflowClient().update_model_version(name, version, description=…).",
  run: "Register the version from a run, so that it is known where it came from: mlflow.register_model(f'runs:/{run_id}/model', name).",
  parameters: "Log the run's parameters: mlflow.log_params({…}).",
  metrics: "Log the run's metrics: mlflow.log_metrics({…}).",
  datasets:
    "Log what the run was trained on: mlflow.log_input(mlflow.data.from_pandas(frame, source=…), context='training').",
  evaluation:
    "Evaluate the model on a named data set: mlflow.log_metrics({…}, dataset=dataset, model_id=model_id).",
  interface: "Log the model as one ONNX file, or promote it: its inputs and outputs are read from the file.",
  artifacts: "The version has no files; log the model and register it again.",
  signature: "Sign the files as they are: POST …/sign, or upload a bundle of a trusted key: PUT …/signature.",
  history: "Nobody has given the version an alias or a stage yet.",
  approvals: "Nobody has approved the version yet.",
};

/** The card of a version: every fact that is registered, and every one that is not, with what to do about it. */
export function buildCard(facts: CardFacts): ModelCard {
  const sections = facts.sections ?? noSections;
  const history = facts.history ?? [];
  const approvals = facts.approvals ?? [];
  const present: Readonly<Record<ModelCardPart, boolean>> = {
    intendedUse: isSaid(sections.intendedUse),
    limitations: isSaid(sections.limitations),
    ethicalConsiderations: isSaid(sections.ethicalConsiderations),
    licence: isSaid(sections.licence),
    owner: isSaid(sections.owner),
    description: isSaid(facts.description),
    run: facts.run !== null,
    parameters: facts.parameters.length > 0,
    metrics: facts.metrics.length > 0,
    datasets: facts.datasets.length > 0,
    evaluation: facts.evaluation.length > 0,
    interface: facts.interface !== null,
    artifacts: facts.artifacts.length > 0,
    signature: facts.signature.state === "valid",
    history: history.length > 0,
    approvals: approvals.length > 0,
  };
  const missing = (Object.keys(present) as ModelCardPart[])
    .filter((part) => !present[part])
    .map((part) => ({ part, todo: todos[part] }));
  return { ...facts, sections, history, approvals, missing, complete: missing.length === 0 };
}

const isSaid = (text: string) => text.trim() !== "";
