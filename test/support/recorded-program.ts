import * as pulumi from "@pulumi/pulumi";
import { MockMonitor } from "@pulumi/pulumi/runtime/mocks.js";
import { disconnect, setMockOptions } from "@pulumi/pulumi/runtime/settings.js";
import program from "../../stacks/main.ts";

/** A resource as a program asked the engine for it. */
export interface RecordedResource {
  readonly urn: string;
  readonly type: string;
  readonly name: string;
  readonly custom: boolean;
  /** URN of the component that it is in; empty for what is in none. */
  readonly parent: string;
  readonly protect: boolean;
  readonly retainOnDelete: boolean;
  /** Provider's URN and id; empty for the default one. */
  readonly provider: string;
  /** URNs that it had before, in as far as its options say. */
  readonly aliases: readonly string[];
  /** Plain data; `[secret]` in place of each secret. */
  readonly inputs: Readonly<Record<string, unknown>>;
}

/** The part of the engine's request that is read here. */
interface Request {
  getType(): string;
  getName(): string;
  getCustom(): boolean;
  getParent(): string;
  getProtect(): boolean | undefined;
  getRetainondelete(): boolean | undefined;
  getProvider(): string;
  getAliasesList(): readonly Alias[];
  getObject(): { toJavaScript(): unknown } | undefined;
}
interface Alias {
  getUrn(): string;
  getSpec():
    | { getName(): string; getType(): string; getParenturn(): string; getNoparent(): boolean }
    | undefined;
}
type Callback = (
  error: unknown,
  response: { getUrn(): string; setUrn(urn: string): unknown } | undefined,
) => void;

/** The key of an object that stands for a special value, such as a secret. */
const specialKey = "4dabf18193072939515e22adb298388d";

function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  if (specialKey in value) return "[secret]";
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
}

/** The URN that the engine gives: with the types of all components that a resource is in. */
function urnOf(parent: string, type: string, name: string): string {
  const [, , parentTypes = ""] = parent.split("::");
  const types = parentTypes === "" || parentTypes === "pulumi:pulumi:Stack" ? type : `${parentTypes}$${type}`;
  return `urn:pulumi:${pulumi.getStack()}::${pulumi.getProject()}::${types}::${name}`;
}

/** The URN that an alias means: what it leaves out is as the resource has it now. */
function aliasUrn(alias: Alias, request: Request): string {
  const spec = alias.getSpec();
  if (spec === undefined || alias.getUrn() !== "") return alias.getUrn();
  const parent = spec.getNoparent() ? "" : spec.getParenturn() || request.getParent();
  return urnOf(parent, spec.getType() || request.getType(), spec.getName() || request.getName());
}

/** Stands in for the engine, as Pulumi's mocks do, and keeps what it was asked for with its options. */
class RecordingMonitor extends MockMonitor {
  readonly recorded: RecordedResource[] = [];

  override async registerResource(request: Request, callback: Callback): Promise<void> {
    const inputs = plain(request.getObject()?.toJavaScript() ?? {});
    await super.registerResource(request, (error, response) => {
      if (response !== undefined) {
        // Pulumi's mocks name only the component that a resource is directly in.
        const urn = urnOf(request.getParent(), request.getType(), request.getName());
        const known = this.resources.get(response.getUrn());
        if (known !== undefined) this.resources.set(urn, { ...known, urn });
        response.setUrn(urn);
        this.recorded.push({
          urn,
          type: request.getType(),
          name: request.getName(),
          custom: request.getCustom(),
          parent: request.getParent(),
          protect: request.getProtect() ?? false,
          retainOnDelete: request.getRetainondelete() ?? false,
          provider: request.getProvider(),
          aliases: request.getAliasesList().map((alias) => aliasUrn(alias, request)),
          inputs: typeof inputs === "object" && inputs !== null ? { ...inputs } : {},
        });
      }
      callback(error, response);
    });
  }
}

/** What a stack that a team refers to says: outputs of a platform, by its name. */
export type StackOutputs = (stack: string) => Readonly<Record<string, unknown>>;

/**
 * Runs the repository's program for a stack under mocks. Answers its resources and its outputs.
 * @param config By full key, as a YAML reader gives it.
 */
export async function recordProgram(
  stack: string,
  config: Readonly<Record<string, unknown>>,
  outputsOf: StackOutputs = () => ({}),
): Promise<{ readonly resources: readonly RecordedResource[]; readonly outputs: pulumi.Inputs }> {
  const monitor = new RecordingMonitor({
    newResource: ({ type, name, inputs }) => ({
      id: `${name}-id`,
      state: {
        ...inputs,
        ...(type === "pulumi:pulumi:StackReference" && { outputs: outputsOf(String(inputs.name)) }),
        ...(type.endsWith(":LocalProcess") && { pid: 4711 }),
      },
    }),
    call: ({ inputs }) => inputs,
  });
  setMockOptions(monitor, "bedplate", stack, false, "organization");
  pulumi.runtime.setAllConfig(
    Object.fromEntries(
      Object.entries(config).map(([key, value]) => [
        key,
        typeof value === "string" ? value : JSON.stringify(value),
      ]),
    ),
  );
  const outputs = await program();
  await disconnect();
  return { resources: monitor.recorded, outputs };
}
