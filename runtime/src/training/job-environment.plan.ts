/** What the platform tells a job. */
interface JobFacts {
  readonly jobId: string;
  readonly attempt: number;
  readonly url: string;
  readonly token: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** What a job inherits from the service; everything else of the service's environment stays with it. */
const inherited = ["PATH", "HOME", "LANG", "TZ", "TMPDIR"];
const reserved = /^(BEDPLATE|MLFLOW)_/i;

/** The names that belong to the platform, a sentence each; and values that no environment can hold. */
export function environmentProblems(own: Environment): string[] {
  return Object.entries(own).flatMap(([name, value]) => [
    ...(reserved.test(name)
      ? [
          `environment: ${name} is the platform's to set; choose a name without BEDPLATE_ or MLFLOW_ in front.`,
        ]
      : []),
    ...(value?.includes("\0") ? [`environment: ${name} holds the character U+0000.`] : []),
  ]);
}

/** Where programs are looked for: beside the service's own Node first, so that `node` is the version we need. */
export function searchPathOf(service: Environment, nodeFolder: string): string {
  return [nodeFolder, service.PATH].filter((part) => part !== undefined && part !== "").join(":");
}

/** The whole environment of an attempt. */
export function planEnvironment(
  service: Environment,
  nodeFolder: string,
  own: Readonly<Record<string, string>>,
  facts: JobFacts,
): Record<string, string> {
  const base: Record<string, string> = {};
  for (const name of inherited) {
    const value = service[name];
    if (value !== undefined) base[name] = value;
  }
  return {
    ...base,
    PATH: searchPathOf(service, nodeFolder),
    ...own,
    MLFLOW_TRACKING_URI: facts.url,
    MLFLOW_TRACKING_TOKEN: facts.token,
    BEDPLATE_URL: facts.url,
    BEDPLATE_TOKEN: facts.token,
    BEDPLATE_JOB_ID: facts.jobId,
    BEDPLATE_ATTEMPT: String(facts.attempt),
  };
}
