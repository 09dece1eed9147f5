import { readStatus, type Status } from "../stack/platform.ts";
import { openStack, type StackOptions } from "../stack/stack.ts";
import { statusCluster } from "./status-cluster.ts";

/** Where everything of a running platform is, for people. */
export function guide(status: Status): string {
  const lines = [
    ["Console", `${status.url}/console/`],
    ["API docs", `${status.url}/docs`],
    ["MLflow URI", status.url],
    ...(status.grpcAddress === null ? [] : [["gRPC", status.grpcAddress]]),
    ["Token", `in ${status.tokenFile}`],
    ["Data", status.dataDir],
    ["Logs", "npx bedplate logs -f"],
    ["This shell", 'eval "$(npx bedplate env)"   for MLflow, curl and pulumi'],
    ["Stop", "npm stop"],
  ];
  return lines.map(([what, where]) => `  ${(what ?? "").padEnd(12)}${where}`).join("\n");
}

/** `bedplate status`: what runs, and where. */
export async function status(options: StackOptions & { readonly json: boolean }): Promise<void> {
  const stack = await openStack(options);
  if (stack.kind !== "local") return statusCluster(stack, options.json);
  const found = await readStatus(stack);
  if (options.json) console.log(JSON.stringify(found));
  else
    console.log(
      `The stack ${found.stack} runs: Bedplate ${found.version}, process ${found.pid}\n${guide(found)}`,
    );
}
