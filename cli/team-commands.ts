import { roles } from "@bedplate/contract";
import { Command, InvalidArgumentError, Option } from "commander";
import { createTeam, deleteTeam, listTeams, showTeam } from "./commands/team.ts";
import { type Creation, createToken, listTokens, removeMember, revokeToken } from "./commands/token.ts";
import { json, stackCommand, wholeNumber } from "./stack-command.ts";

const role = () => new Option("--role <role>", "what they may do").choices(roles).makeOptionMandatory();
const days = [
  "--days <count>",
  "how long it holds; the platform's default when left out",
  wholeNumber,
] as const;
const file = ["--file <path>", "write it into a new file of mode 0600 instead of showing it"] as const;

function quota(text: string, given: Readonly<Record<string, string>> = {}): Record<string, string> {
  const [name = "", value, ...rest] = text.split("=");
  if (name === "" || value === undefined || rest.length > 0)
    throw new InvalidArgumentError("It must be name=number, such as runs=1000.");
  return { ...given, [name]: value };
}

/** `bedplate team`: teams, and who is in them by a token of the platform. */
export function teamCommand(): Command {
  const member = new Command("member")
    .description("who is in a team by a token of the platform; groups of an issuer are bedplate:identity's")
    .addCommand(
      stackCommand("add", "make a token for somebody in a team")
        .argument("<team>")
        .argument("<user>", "their name, in lower case")
        .addOption(role())
        .option(...days)
        .option(...file)
        .option(...json)
        .action((team: string, user: string, options: Creation) =>
          createToken(user, { title: `member of ${team}`, ...options, team }),
        ),
    )
    .addCommand(
      stackCommand("remove", "end every token that somebody has in a team")
        .argument("<team>")
        .argument("<user>")
        .option(...json)
        .action(removeMember),
    );
  return new Command("team")
    .description("teams")
    .addCommand(
      stackCommand("list", "all teams")
        .option(...json)
        .action(listTeams),
    )
    .addCommand(
      stackCommand("create", "make a team")
        .argument("<name>")
        .option("--title <words>", "what people call it")
        .addOption(new Option("--visibility <who>", "who may read it").choices(["private", "internal"]))
        .option("--approvals <count>", "approvals that each version needs", wholeNumber)
        .option("--quota <name=number>", "the most of something, such as runs=1000; again for more", quota)
        .option(...json)
        .action(createTeam),
    )
    .addCommand(
      stackCommand("show", "one team, and how much it has")
        .argument("<name>")
        .option(...json)
        .action(showTeam),
    )
    .addCommand(
      stackCommand("delete", "delete a team that has nothing, and its tokens")
        .argument("<name>")
        .option(...json)
        .action(deleteTeam),
    )
    .addCommand(member);
}

/** `bedplate token`: personal tokens. */
export function tokenCommand(): Command {
  return new Command("token")
    .description("personal tokens")
    .addCommand(
      stackCommand("create", "make a token; it is shown this once")
        .argument("<user>", "whose it is, in lower case")
        .addOption(role())
        .option("--team <name>", "the caller's team when left out, for an administrator the whole platform")
        .option("--title <words>", "what it is for")
        .option(...days)
        .option(...file)
        .option(...json)
        .action(createToken),
    )
    .addCommand(
      stackCommand("list", "one's own tokens; all that an administrator manages")
        .option(...json)
        .action(listTokens),
    )
    .addCommand(
      stackCommand("revoke", "end a token, and the sessions that it started")
        .argument("<id>")
        .option(...json)
        .action(revokeToken),
    );
}
