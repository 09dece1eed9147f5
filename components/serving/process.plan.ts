import { type SettingsInput, settings as schema, toEnvironment } from "@bedplate/contract";

/** The runtime's settings apart from its connections, which may be known later. */
export type RuntimeSettings = Omit<SettingsInput, "connections">;

/** How the runtime is run and reached. */
export interface RuntimePlan {
  readonly command: readonly string[];
  readonly url: string;
  /** Host and port of the gRPC surface; null where it is off. */
  readonly grpcAddress: string | null;
  readonly healthUrl: string;
  readonly listeners: readonly { host: string; port: number; tls: boolean }[];
  readonly stopTimeoutMs: number;
}

const defaultHost = "127.0.0.1";
/** What the runtime needs beyond draining requests: stopping dispatch and closing its database. */
const closingMs = 10_000;
const defaultDrainMs = 10_000;

/** The address part of a URL; IPv6 in brackets as RFC 3986, section 3.2.2, has it. */
const authority = (host: string, port: number) => `${host.includes(":") ? `[${host}]` : host}:${port}`;

/** How the runtime is run and reached, from its settings. */
export function planRuntime(node: string, program: string, settings: RuntimeSettings): RuntimePlan {
  const { host = defaultHost, port } = settings.listen;
  // Any free port is nothing that others could be told.
  const grpcPort = settings.grpc?.port ?? 0;
  const ports = grpcPort === 0 ? [port] : [port, grpcPort];
  const url = `http://${authority(host, port)}`;
  return {
    // Small steps of the heap: answers of a megabyte would otherwise leave the process three times its size.
    command: [
      node,
      "--disable-warning=ExperimentalWarning",
      "--max-semi-space-size=4",
      "--heap-growing-percent=50",
      program,
    ],
    url,
    grpcAddress: grpcPort === 0 ? null : authority(host, grpcPort),
    healthUrl: `${url}/readyz`,
    listeners: ports.map((each) => ({ host, port: each, tls: false })),
    stopTimeoutMs:
      (settings.http?.drainDelayMs ?? 0) + (settings.http?.drainTimeoutMs ?? defaultDrainMs) + closingMs,
  };
}

/**
 * The runtime's environment, checked against the contract. Node keeps compiled modules in the folder where one is named.
 * Throws a `ZodError` for settings that it would refuse.
 */
export function planEnvironment(
  settings: RuntimeSettings,
  connections: SettingsInput["connections"],
  compileCachePath?: string,
): Record<string, string> {
  return {
    ...toEnvironment(schema.parse({ ...settings, connections })),
    ...(compileCachePath !== undefined && { NODE_COMPILE_CACHE: compileCachePath }),
  };
}
