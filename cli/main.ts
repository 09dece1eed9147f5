import { LockHeld } from "@bedplate/tools/setup/lock.mjs";
import { Command, InvalidArgumentError, Option } from "commander";
import release from "../package.json" with { type: "json" };
import { auditVerify } from "./commands/audit.ts";
import { doctor } from "./commands/doctor.ts";
import { down } from "./commands/down.ts";
import { env } from "./commands/env.ts";
import { logs } from "./commands/logs.ts";
import { exportMlflow, importMlflow } from "./commands/mlflow.ts";
import { outdated } from "./commands/outdated.ts";
import { policyAdmission } from "./commands/policy-admission.ts";
import { policyCheck } from "./commands/policy-check.ts";
import { preview } from "./commands/preview.ts";
import { status } from "./commands/status.ts";
import { up } from "./commands/up.ts";
import { Problem } from "./problem.ts";
import { json, stackCommand, wholeNumber } from "./stack-command.ts";
import { teamCommand, tokenCommand } from "./team-commands.ts";

/** Collects `key=value`; a key without a namespace is one of ours, as in Pulumi. */
function configValue(text: string, given: Readonly<Record<string, string>> = {}): Record<string, string> {
  const [key = "", ...value] = text.split("=");
  if (key === "" || value.length === 0) throw new InvalidArgumentError("It must be key=value.");
  return { ...given, [key.includes(":") ? key : `bedplate:${key}`]: value.join("=") };
}

const config = [
  "-c, --config <key=value>",
  "a config value of this run, instead of the file's",
  configValue,
] as const;

const program = new Command("bedplate")
  .description("An ML platform as code: brings a stack up, looks at it, takes it down.")
  .version(release.version)
  .showHelpAfterError("(bedplate --help lists everything)");

program.addCommand(
  stackCommand("up", "bring the stack up; a second time changes nothing")
    .option(...config)
    .option("--no-guide", "end without the list of addresses")
    .action(up),
);
program.addCommand(
  stackCommand("preview", "what `up` would do, policies included; makes nothing")
    .option(...config)
    .option(...json)
    .action(preview),
);
program.addCommand(
  stackCommand("down", "destroy the stack; its data folder stays")
    .option(...config)
    .option("--plan", "only say in which phases it would go", false)
    .option("--json", "with --plan: print JSON, for programs", false)
    .option("--unprotect", "let a production platform go; what holds data stays in its cluster", false)
    .option("--purge", "remove the data folder too; of a stack in a cluster, its state", false)
    .action(down),
);
program.addCommand(
  stackCommand("status", "what runs, and where")
    .option(...config)
    .option(...json)
    .action(status),
);
program.addCommand(
  stackCommand("env", "export lines for MLflow clients, curl and pulumi")
    .option(...json)
    .action(env),
);
program.addCommand(
  stackCommand("logs", "the end of the runtime's log")
    .option("-f, --follow", "go on as it grows", false)
    .option("-n, --lines <count>", "how many lines", wholeNumber, 50)
    .action(logs),
);
program.addCommand(
  stackCommand("doctor", "what this machine has and lacks, and how to get it")
    .option(...json)
    .action(doctor),
);
program.addCommand(
  new Command("audit").description("the audit log").addCommand(
    stackCommand("verify", "compute every hash of the audit log anew, and name the first bad entry")
      .option(...json)
      .action(auditVerify),
  ),
);

program.addCommand(
  new Command("outdated")
    .description(
      "charts of the catalog that have a newer version; exit status 1 when one has, 2 when not all answered",
    )
    .option(
      "--stack <name>",
      "ask the bedplate:chartMirror of this stack, instead of the charts' own repositories",
    )
    .option("--chart-mirror <place>", "ask a folder of charts, or an oci:// prefix")
    .option("--timeout <seconds>", "how long each repository has to answer, 1 to 600", wholeNumber, 20)
    .option(...json)
    .action(outdated),
);

program.addCommand(teamCommand());
program.addCommand(tokenCommand());

/** `import mlflow` and `export mlflow`. */
function mlflowCommand(description: string): Command {
  return stackCommand("mlflow", description)
    .argument(
      "<uri>",
      "address of the MLflow server; its credentials come from MLFLOW_TRACKING_TOKEN, or _USERNAME and _PASSWORD",
    )
    .option("--dry-run", "say what would be copied, and copy nothing", false)
    .option("--concurrency <count>", "runs and models under way at once, 1 to 16", wholeNumber, 4)
    .option(...json);
}

program.addCommand(
  new Command("import")
    .description("bring in what another system holds")
    .addCommand(mlflowCommand("copy everything of an MLflow server into the platform").action(importMlflow)),
);
program.addCommand(
  new Command("export")
    .description("hand out what the platform holds")
    .addCommand(
      mlflowCommand("copy the platform's experiments and models to an MLflow server").action(exportMlflow),
    ),
);

program.addCommand(
  new Command("policy")
    .description("policy as code")
    .addCommand(
      new Command("check")
        .description("judge a stack, a state or preview of any Pulumi program, or Kubernetes manifests")
        .option("--stack <name>", "what a stack of ours has now")
        .option("--data-dir <folder>", "where that stack's data is kept, instead of bedplate:dataDir")
        .option("--file <state.json>", "from `pulumi stack export` or `pulumi preview --json`")
        .option("--manifests <folder>", "YAML and JSON files of Kubernetes, or one of them")
        .option("--config <file>", "levels and exemptions, as in a stack's bedplate:policies")
        .option("--group <name...>", "only the rules of these groups, such as pss-restricted")
        .addOption(
          new Option("--format <format>", "how to print")
            .choices(["text", "json", "sarif", "junit"])
            .default("text"),
        )
        .action(policyCheck),
    )
    .addCommand(
      new Command("admission")
        .description("print the rules as ValidatingAdmissionPolicy objects, for kubectl apply")
        .option("--config <file>", "levels and what is allowed, as in a stack's bedplate:policies")
        .option("--group <name...>", "only the rules of these groups, such as pss-restricted")
        .option("--except-namespaces <name...>", "namespaces to leave alone", [
          "kube-system",
          "kube-public",
          "kube-node-lease",
        ])
        .option(...json)
        .action(policyAdmission),
    ),
);

try {
  await program.parseAsync();
} catch (error) {
  console.error(error instanceof Problem || error instanceof LockHeld ? error.message : error);
  process.exitCode = error instanceof Problem ? error.exitCode : 1;
}
