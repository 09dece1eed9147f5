import { quotas, teamName } from "@bedplate/contract";
import { z } from "zod";
import { pools } from "../gpu/gpu.plan.ts";
import { quantity, whole } from "../kubernetes/options.plan.ts";

const group = z
  .string("a group of your identity provider")
  .min(1)
  .max(253)
  .regex(/^(?!system:)/, "a group of people, not system:…");
const groups = z.array(group, "a list of groups").max(50, "at most 50 groups").default([]);
const section = "a map of settings";

const share = z.strictObject(
  {
    cpu: whole(0, 100_000),
    memory: quantity,
    gpus: whole(0, 10_000).default(0),
    /** GPUs that the team may borrow from others beside its own; all that are free when left out. */
    borrow: whole(0, 10_000).optional(),
  },
  section,
);

/** One team: everything that it gets, in one block of its stack's config. */
export const teamSchema = z.strictObject(
  {
    name: teamName.max(40, "a team's name of at most 40 characters"),
    title: z.string("what people call it").max(200).default(""),
    /** Whose money it is; a label of everything that the team has. */
    costCentre: z
      .string("letters, digits, dots, dashes and underscores, at most 63")
      .regex(
        /^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/,
        "letters, digits, dots, dashes and underscores, at most 63",
      ),
    /** Groups of your identity provider, by what their people may do. */
    groups: z.strictObject({ admins: groups, members: groups, viewers: groups }, section),
    /** The most that all pods of the team may ask for at once. */
    quota: z.strictObject(
      {
        cpu: whole(1, 100_000),
        memory: quantity,
        storage: quantity.default("100Gi"),
        gpus: whole(0, 10_000).default(0),
        pods: whole(1, 100_000).default(200),
      },
      section,
    ),
    /** The team's share of every pool of nodes, which others may borrow while it is free. */
    queue: z
      .strictObject(Object.fromEntries(pools.map((pool) => [pool, share.optional()])), section)
      .optional(),
    /** Whether its pods may call the internet by TLS. */
    internet: z.boolean("true or false").default(false),
    /** What it gets of the platform's stores; each only where the platform has it. */
    bucket: z.boolean("true or false").default(true),
    database: z.boolean("true or false").default(false),
    topics: z
      .array(
        z
          .string("letters, digits, dots, dashes and underscores")
          .regex(/^[a-z0-9][a-z0-9._-]{0,99}$/, "letters, digits, dots, dashes and underscores"),
        "a list of topics",
      )
      .max(200, "at most 200 topics")
      .default([]),
    /** Its space in the registry. */
    registry: z
      .strictObject(
        {
          visibility: z.enum(["private", "internal"], "private or internal").default("private"),
          quotas: quotas.prefault({}),
        },
        section,
      )
      .prefault({}),
  },
  section,
);

/** A team as its stack's config has it, checked. */
export type TeamConfig = z.infer<typeof teamSchema>;
