import { useQuery } from "@tanstack/react-query";
import { platformQuery } from "./platform-api.ts";

/** What installation this is, in one line above every page. */
export function Platform() {
  const { data } = useQuery(platformQuery);
  if (data === undefined) return <dl className="facts" />;
  const { counts } = data;
  const facts: [string, string][] = [
    ["Stack", data.stack],
    ["Environment", data.environment],
    ["Release", data.release],
    ["Models", `${counts.models}, ${counts.servedModels} served`],
    [
      "Runs",
      `${counts.runs} in ${counts.experiments} ${counts.experiments === 1 ? "experiment" : "experiments"}`,
    ],
    ["Active jobs", String(counts.activeJobs)],
  ];
  return (
    <dl className="facts" aria-label="Platform">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
