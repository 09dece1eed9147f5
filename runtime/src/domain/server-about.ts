/** Names from the Open Inference Protocol's registry of extensions. */
const extensions = [
  "model_configuration",
  "model_repository",
  "model_repository(unload_dependents)",
  "statistics",
];

/** What the server says of itself, with the extensions of one way to reach it before those of all. */
export function serverAbout(release: string, ofTransport: readonly string[] = []) {
  return { name: "bedplate", version: release, extensions: [...ofTransport, ...extensions] };
}
