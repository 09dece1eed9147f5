import { readFileSync } from "node:fs";

/**
 * One run of a Pulumi program without an engine, in a process of its own: `node preview-program.ts <program> <config>`
 * runs a program of ours, `node preview-program.ts bare <resources>` has the bare SDK register the same resources, plain
 * and without dependencies. Pulumi's own mock monitor answers both. Prints milliseconds from before the SDK was loaded
 * until every resource was registered, and what was registered.
 */
const [program = "", file = ""] = process.argv.slice(2);
const given: unknown = JSON.parse(readFileSync(file, "utf8"));

interface Plain {
  readonly type: string;
  readonly name: string;
  readonly inputs: Record<string, unknown>;
}

const started = performance.now();
const pulumi = await import("@pulumi/pulumi");
const { MockMonitor } = await import("@pulumi/pulumi/runtime/mocks.js");
const { disconnect, setMockOptions } = await import("@pulumi/pulumi/runtime/settings.js");
const registered: Plain[] = [];
const monitor = new MockMonitor({
  newResource: ({ type, name, inputs, custom, id }) => {
    // What has an id already is read, not made.
    if (custom === true && !id) registered.push({ type, name, inputs });
    return { id: id || `${name}-id`, state: inputs };
  },
  call: ({ inputs }) => inputs,
});
setMockOptions(monitor, "bedplate", "bench", false, "organization");
if (program === "bare") {
  class PlainResource extends pulumi.CustomResource {}
  for (const { type, name, inputs } of given as readonly Plain[]) new PlainResource(type, name, inputs);
} else {
  pulumi.runtime.setAllConfig(given as Record<string, string>);
  const { default: main }: { default: () => Promise<unknown> } = await import(program);
  await main();
}
await disconnect();
const ms = performance.now() - started;
process.stdout.write(JSON.stringify({ ms, registered }));
