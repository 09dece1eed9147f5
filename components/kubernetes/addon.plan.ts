import type { ClusterCapability, ClusterConnections, Flavor } from "@bedplate/contract";
import type { z } from "zod";
import type { ChartName } from "../catalog.ts";
import type { ImageName } from "../images.ts";
import type { Manifest } from "./manifest.plan.ts";
import type { NamespacePlan } from "./namespace.plan.ts";

/** Values of a chart: plain data without null, which would take the chart's default away. */
export type Values = Readonly<Record<string, unknown>>;

/** Secret values that are made once and kept, and the Secrets that hold them. */
export interface SecretPlan {
  readonly name: string;
  /**
   * Generated parts: name to random bytes, or to `ec-p256` for a private key in PEM. A part that is there is kept when
   * others join it.
   */
  readonly generate: Readonly<Record<string, number | "ec-p256">>;
  /** Parts from the stack's secret config `bedplate:secrets`: name to key. */
  readonly given?: Readonly<Record<string, ConfigSecret>>;
  readonly copies: readonly SecretCopyPlan[];
  /** Data cannot be read without it, such as a key of encryption: protected and kept in production, and its namespaces. */
  readonly data?: boolean;
}

/** One Secret; in its values `{{name}}` stands for a part. */
export interface SecretCopyPlan {
  readonly name: string;
  readonly namespace: string;
  readonly data: Readonly<Record<string, string>>;
  readonly type?: string;
  readonly labels?: Readonly<Record<string, string>>;
  /** Set by the planner: what holds data needs it where it is. */
  readonly isNeeded?: boolean;
}

/** Secrets that only a person can give, as keys of the config `bedplate:secrets`. */
export const configSecrets = [
  "datadogApiKey",
  "newRelicLicenceKey",
  "objectStoreAccessKeyId",
  "objectStoreSecretAccessKey",
  "oidcClientSecret",
  "pagerDutyRoutingKey",
  "sqlUrl",
] as const;
export type ConfigSecret = (typeof configSecrets)[number];

/** One thing to make. */
export type Item =
  | { readonly type: "object"; readonly manifest: Manifest; readonly data?: boolean }
  | {
      readonly type: "release";
      readonly chart: ChartName;
      readonly name: string;
      readonly namespace: string;
      readonly values: Values;
      /** Holds data, or definitions whose end is the end of data: protected and kept in production. */
      readonly data?: boolean;
      readonly skipCrds?: boolean;
      /** Installed by the component of @pulumi/kubernetes-cert-manager in place of a release of ours. */
      readonly installer?: "pulumi-component";
    }
  | { readonly type: "secret"; readonly secret: SecretPlan };

/** Things that may be made at once; each stage waits until the one before it is ready. */
export type Stage = readonly Item[];

/** Where Prometheus finds figures. */
export interface MonitorPlan {
  readonly name: string;
  readonly namespace: string;
  /** Of the Service, or of the pods. */
  readonly labels: Readonly<Record<string, string>>;
  /** Name of the Service's port, or of the pod's. */
  readonly port: string;
  /** `/metrics` when left out. */
  readonly path?: string;
  /** Whether the pods themselves are asked, not a Service before them. */
  readonly pods?: boolean;
  /** Key of a Secret in the namespace with the token to show: `secret/key`. */
  readonly bearer?: `${string}/${string}`;
}

/** What an add-on makes. */
export interface AddonPlan {
  readonly namespaces: readonly NamespacePlan[];
  readonly stages: readonly Stage[];
  readonly monitors?: readonly MonitorPlan[];
  readonly connections: ClusterConnections;
}

/** A bucket that an add-on asks the object store for, with an identity that may use only it. */
export interface BucketRequest {
  readonly name: string;
  /** Namespaces that get the Secret `bucket-<name>`. */
  readonly namespaces: readonly string[];
}

/** A database that an add-on asks the SQL capability for, with a role that owns only it. */
export interface DatabaseRequest {
  readonly name: string;
  /** Namespaces that get the Secret `database-<name>`. */
  readonly namespaces: readonly string[];
}

/** What add-ons ask of the providers of buckets and databases. */
export interface Requests {
  readonly buckets: readonly BucketRequest[];
  readonly databases: readonly DatabaseRequest[];
}

/** What is known about the platform while an add-on is planned. */
export interface PlatformContext {
  readonly stack: string;
  readonly owner: string;
  readonly environment: string;
  readonly release: string;
  /** Value of the label `bedplate.dev/deployment`. */
  readonly deployment: string;
  readonly production: boolean;
  readonly domain: string;
  /** Version of Kubernetes whose Pod Security rules hold, such as `v1.37`. */
  readonly podSecurityVersion: string;
  /** The cluster's default class when left out. */
  readonly storageClass?: string | undefined;
  /** The platform's own image, by digest. */
  readonly runtimeImage: string;
  /** Everything that the selected add-ons ask for. */
  readonly requests: Requests;
  /** Of the add-ons that come before this one. */
  readonly connections: ClusterConnections;
  /** An image of the catalog, by digest where one is known, from the mirror where there is one. */
  readonly image: (name: ImageName) => string;
}

/** An option that its schema accepts and that cannot work. */
export interface OptionProblem {
  /** Dotted path in the add-on's options. */
  readonly path: string;
  readonly value: string;
  readonly allowed: string;
  readonly fix: string;
}

interface AddonParts<Schema extends z.ZodType> {
  /** The engine's type of its component, `bedplate:<capability>:<Noun>`. */
  readonly type: `bedplate:${string}:${string}`;
  /** `kubernetes` when left out. */
  readonly flavor?: Flavor;
  readonly provides: readonly ClusterCapability[];
  /** Capabilities that must be there first. */
  readonly requires?: readonly ClusterCapability[];
  /** Capabilities that come first where they are there. */
  readonly after?: readonly ClusterCapability[];
  readonly options: Schema;
  /** Why nobody should begin with it. */
  readonly deprecated?: string | undefined;
  /** What it asks of the object store and of the SQL capability. */
  readonly requests?: (options: z.output<Schema>, production: boolean) => Partial<Requests>;
  /** Secrets of the config that it cannot do without. */
  readonly needsSecrets?: (options: z.output<Schema>) => readonly ConfigSecret[];
  /** What no single option can tell: sizes that do not fit together. */
  readonly check?: (options: z.output<Schema>, production: boolean) => readonly OptionProblem[];
  readonly plan: (options: z.output<Schema>, context: PlatformContext) => AddonPlan;
}

/** A way to provide capabilities, with its options' type forgotten; `options` must have been checked by its schema. */
export interface Addon {
  readonly type: `bedplate:${string}:${string}`;
  readonly flavor: Flavor;
  readonly provides: readonly ClusterCapability[];
  readonly requires: readonly ClusterCapability[];
  readonly after: readonly ClusterCapability[];
  readonly options: z.ZodType;
  readonly deprecated: string | undefined;
  readonly requests: (options: unknown, production: boolean) => Requests;
  readonly needsSecrets: (options: unknown) => readonly ConfigSecret[];
  readonly check: (options: unknown, production: boolean) => readonly OptionProblem[];
  readonly plan: (options: unknown, context: PlatformContext) => AddonPlan;
}

/** Makes an add-on of its parts. Its functions throw a `ZodError` for options that its schema refuses. */
export function defineAddon<Schema extends z.ZodType>(parts: AddonParts<Schema>): Addon {
  const { type, flavor = "kubernetes", provides, requires = [], after = [], options, deprecated } = parts;
  return {
    type,
    flavor,
    provides,
    requires,
    after,
    options,
    deprecated,
    requests: (given, production) => ({
      buckets: [],
      databases: [],
      ...parts.requests?.(options.parse(given), production),
    }),
    needsSecrets: (given) => parts.needsSecrets?.(options.parse(given)) ?? [],
    check: (given, production) => parts.check?.(options.parse(given), production) ?? [],
    plan: (given, context) => parts.plan(options.parse(given), context),
  };
}

/** The connection of a capability that the add-on requires. Throws where it is absent, which the planner rules out. */
export function need<Name extends ClusterCapability>(
  { connections }: PlatformContext,
  name: Name,
): NonNullable<ClusterConnections[Name]> {
  const connection = connections[name];
  if (connection === undefined) throw new Error(`the capability ${name} was not planned before it was used`);
  return connection;
}

export const object = (manifest: Manifest): Item => ({ type: "object", manifest });
/** An object whose end is the end of data: protected and kept in production. */
export const dataObject = (manifest: Manifest): Item => ({ type: "object", manifest, data: true });
export const secret = (plan: SecretPlan): Item => ({ type: "secret", secret: plan });

/** A chart of the catalog; the release has the chart's name in the catalog where no other is given. */
export function release(
  chart: ChartName,
  namespace: string,
  values: Values,
  options: {
    readonly name?: string;
    readonly data?: boolean;
    readonly skipCrds?: boolean;
    readonly installer?: "pulumi-component";
  } = {},
): Item {
  return { type: "release", chart, name: chart, namespace, values, ...options };
}
