import { Command, InvalidArgumentError } from "commander";

/** A command about one stack. */
export function stackCommand(name: string, description: string): Command {
  return new Command(name)
    .description(description)
    .option("--stack <name>", "which stack: stacks/Pulumi.<name>.yaml", "local")
    .option("--data-dir <folder>", "where its data is kept, instead of bedplate:dataDir");
}

export const json = ["--json", "print JSON, for programs", false] as const;

export function wholeNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError("It must be a whole number.");
  return Number(text);
}
