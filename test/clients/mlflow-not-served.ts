/** What a real MLflow server serves and the platform does not: the beginnings of its addresses, and why not. */
export interface NotServed {
  readonly what: string;
  /** Regular expressions over `METHOD path`, the prefix `/api` or `/ajax-api` left out. */
  readonly addresses: readonly RegExp[];
  readonly reason: string;
}

export const notServed: readonly NotServed[] = [
  {
    what: "AI gateway",
    addresses: [/^\w+ \/gateway\//, /^\w+ \/2.0\/mlflow\/gateway-proxy$/, /^\w+ \/3.0\/mlflow\/gateway\//],
    reason: "Calls to hosted language models, their keys and budgets are not the platform's business.",
  },
  {
    what: "scorers and judges",
    addresses: [/^\w+ \/3.0\/mlflow\/scorers?\//, /^POST \/3.0\/mlflow\/genai\/evaluate\/invoke$/],
    reason: "They run inside MLflow's server and call language models.",
  },
  {
    what: "evaluation data sets and issues",
    addresses: [/^\w+ \/3.0\/mlflow\/(datasets|issues)(\/|$)/],
    reason:
      "Data sets are inputs of runs and nodes of the lineage graph here; these records are of another kind.",
  },
  {
    what: "human review",
    addresses: [/^\w+ \/3.0\/mlflow\/(label-schemas|review-queues)(\/|$)/],
    reason: "Feedback on traces is kept as assessments; queues for reviewers are not.",
  },
  {
    what: "jobs and prompt optimisation",
    addresses: [/^\w+ \/3.0\/(mlflow\/)?jobs(\/|$)/, /^\w+ \/3.0\/mlflow\/prompt-optimization\//],
    reason: "Jobs are the platform's own: /api/bedplate/v1/training/jobs.",
  },
  {
    what: "workspaces",
    addresses: [/^\w+ \/3.0\/mlflow\/workspaces(\/|$)/],
    reason: "`server-info` says that there are none, so clients do not ask.",
  },
  {
    what: "MCP servers and the assistant",
    addresses: [/^\w+ \/3.0\/mlflow\/(mcp-servers|assistant)(\/|$)/],
    reason: "They belong to MLflow's page and its language model.",
  },
  {
    what: "MLflow's page",
    addresses: [
      /^\w+ \/(graphql|build\/|static-files\/)/,
      /^\w+ \/3.0\/mlflow\/(demo\/|ui-telemetry$)/,
      /^POST \/2.0\/mlflow\/runs\/create-promptlab-run$/,
    ],
    reason: "The console is the page here.",
  },
  {
    what: "statistics and links of traces",
    addresses: [
      /^GET \/2.0\/mlflow\/(get-online-trace-details|unified-traces)$/,
      /^POST \/2.0\/mlflow\/traces\/link-prompts$/,
      /^POST \/3.0\/mlflow\/traces\/(metrics|calculate-filter-correlation)$/,
    ],
    reason: "Only MLflow's page and its judges ask for them.",
  },
  {
    what: "assessments at the addresses of 2.22",
    addresses: [/^(GET|PATCH|DELETE|POST) \/2.0\/mlflow\/traces\/\{\}(\/assessments(\/\{\})?)?$/],
    reason:
      "They were experimental there; clients since 3.0 use the addresses below `/3.0`, which are served.",
  },
];

/** The same as a table for people. */
export function describeNotServed(): string {
  const rows = notServed.map(({ what, reason }) => `| ${what} | ${reason} |`);
  return ["| what | why not |", "|---|---|", ...rows].join("\n");
}
