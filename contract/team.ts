import { z } from "zod";
import { type Scope, scopes } from "./route.ts";

/** What somebody may do, from least to most; an approver and an operator may each do what the other may not. */
export const roles = ["viewer", "contributor", "approver", "operator", "admin"] as const;
export const role = z.enum(roles);
export type Role = z.infer<typeof role>;

/** The roles whose rights each role has. */
const includes: Readonly<Record<Role, readonly Role[]>> = {
  viewer: ["viewer"],
  contributor: ["viewer", "contributor"],
  approver: ["viewer", "contributor", "approver"],
  operator: ["viewer", "contributor", "operator"],
  admin: roles,
};

/** The role that each scope needs; null where no role gives it. A scope that is not here does not compile. */
const requiredRoles: Readonly<Record<Scope, Role | null>> = {
  public: null,
  self: "viewer",
  "console:read": "viewer",
  "platform:read": "viewer",
  "metrics:read": "viewer",
  "tracking:read": "viewer",
  "tracking:write": "contributor",
  // Only the ticket of an upload has it.
  "artifact:upload-part": null,
  "artifact:collect": "admin",
  "registry:read": "viewer",
  "registry:write": "contributor",
  "model:promote": "operator",
  "approval:write": "approver",
  "governance:write": "admin",
  "audit:read": "admin",
  "inference:call": "viewer",
  // What went into a model may be about persons; who only looks does not see it.
  "prediction:read": "contributor",
  "prediction:write": "contributor",
  "training:read": "viewer",
  "training:write": "contributor",
  "webhook:read": "operator",
  "webhook:write": "operator",
  "team:read": "viewer",
  "team:write": "admin",
  "token:write": "admin",
};

/** Every scope that a role has. */
export function scopesOf(role: Role): ReadonlySet<Scope> {
  const held = includes[role];
  return new Set(
    scopes.filter((scope) => {
      const required = requiredRoles[scope];
      return required !== null && held.includes(required);
    }),
  );
}

/** The team that everything belongs to which nobody gave to another one. */
export const defaultTeam = "default";

export const teamName = z
  .string()
  .regex(
    /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/,
    "a team's name: lower-case letters, digits and dashes, at most 63",
  );

/** Who a token is for. Names of the platform's own identities are refused: an approval must tell who gave it. */
export const userName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._@+-]{0,127}$/, "lower-case letters, digits and . _ @ + -, at most 128")
  .refine(
    (name) => name !== "admin" && name !== "bedplate" && name !== "dispatcher",
    "a name of the platform",
  );

const lifetimeMs = z
  .int()
  .min(60_000)
  .max(366 * 24 * 3_600_000);

/** A personal token as it is asked for. */
export const tokenRequest = z.strictObject({
  user: userName,
  /** What it is for, in words. */
  title: z.string().min(1).max(200),
  role,
  /** Null for the whole platform; the caller's own team when left out. */
  team: teamName.nullable().optional(),
  /** How long it holds, in milliseconds; the installation has a default and a limit. */
  lifetimeMs: lifetimeMs.optional(),
});
export type TokenRequest = z.infer<typeof tokenRequest>;

/** A personal token without its secret, which is shown once and never again. */
export const tokenInfo = z.strictObject({
  id: z.string(),
  user: z.string(),
  title: z.string(),
  role,
  team: z.string().nullable(),
  createdBy: z.string(),
  createdAt: z.int(),
  expiresAt: z.int(),
  /** To the hour; null when it never was. */
  lastUsedAt: z.int().nullable(),
});
export type TokenInfo = z.infer<typeof tokenInfo>;

export const newTokenAnswer = z.strictObject({ ...tokenInfo.shape, token: z.string() });
export type NewTokenAnswer = z.infer<typeof newTokenAnswer>;

export const tokenList = z.strictObject({
  tokens: z.array(tokenInfo),
  /** Give this as `after` to get the next page; null on the last one. */
  next: z.string().nullable(),
});
export type TokenList = z.infer<typeof tokenList>;

const most = z.int().min(0).max(Number.MAX_SAFE_INTEGER).nullable().default(null);

/** How much of each thing a team may have; null for as much as it likes. */
export const quotas = z.strictObject({
  registeredModels: most,
  modelVersions: most,
  experiments: most,
  runs: most,
  /** Sum of the sizes of all its artifacts, in bytes; equal files count once. */
  artifactBytes: most,
  webhooks: most,
  /** Training jobs that wait. */
  waitingJobs: most,
});
export type Quotas = z.infer<typeof quotas>;
export type QuotaName = keyof Quotas;

const settings = {
  /** What people call it. */
  title: z.string().max(200),
  /** Whether members of other teams may read what the team has: `internal`; or nobody else: `private`. */
  visibility: z.enum(["private", "internal"]),
  promotion: z.strictObject({
    /** Approvals that each version of the team's models needs; the installation and the model may ask for more. */
    approvals: z.int().min(0).max(10).default(0),
    /** Whether approvals by who registered the version are left out of that count. */
    fourEyes: z.boolean().default(true),
  }),
  quotas,
};

/** Who owns registered models, experiments, jobs and webhooks, and all that hangs on them. */
export const team = z.strictObject({ name: teamName, ...settings, createdAt: z.int() });
export type Team = z.infer<typeof team>;

export const teamRequest = z.strictObject({
  name: teamName,
  title: settings.title.default(""),
  visibility: settings.visibility.default("private"),
  promotion: settings.promotion.prefault({}),
  quotas: quotas.prefault({}),
});
export type TeamRequest = z.infer<typeof teamRequest>;

/** What is to be otherwise; `quotas` and `promotion` are replaced as a whole. */
export const teamChange = z.strictObject(settings).partial();
export type TeamChange = z.infer<typeof teamChange>;

export const teamList = z.strictObject({ teams: z.array(team) });

/** How much a team has of what quotas count, beside its quotas. */
export const teamUsage = z.strictObject({
  team: teamName,
  used: z.strictObject({
    registeredModels: z.int(),
    modelVersions: z.int(),
    experiments: z.int(),
    runs: z.int(),
    artifactBytes: z.int(),
    webhooks: z.int(),
    waitingJobs: z.int(),
  } satisfies Record<QuotaName, z.ZodInt>),
  quotas,
});
export type TeamUsage = z.infer<typeof teamUsage>;

const names = z.array(z.string().min(1).max(512)).max(1_000).default([]);

/** Things that another team had until now. */
export const adoption = z.strictObject({
  models: names,
  /** By their ids. */
  experiments: z
    .array(z.string().regex(/^\d{1,15}$/, "an experiment's id"))
    .max(1_000)
    .default([]),
});
export type Adoption = z.infer<typeof adoption>;
