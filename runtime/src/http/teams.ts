import { adoption, team, teamChange, teamList, teamName, teamRequest, teamUsage } from "@bedplate/contract";
import type { FastifyInstance } from "fastify";
import { z } from "zod";
import type { Ports } from "../ports.ts";
import { serve } from "./serve.ts";

const params = z.object({ team: teamName });
const nothing = { 200: z.strictObject({}) };

/** Teams, what they have, and what they may have. */
export function serveTeams(app: FastifyInstance, { teams }: Ports): void {
  const creation = { body: teamRequest, response: { 201: team } };
  serve(app, "createTeam", creation, async ({ body, identity }, reply) => {
    reply.code(201);
    return await teams.create(body, identity.name);
  });
  serve(app, "listTeams", { response: { 200: teamList } }, async ({ identity }) => ({
    teams: [...(await teams.list(identity.team))],
  }));
  serve(app, "getTeam", { params, response: { 200: team } }, ({ params }) => teams.get(params.team));
  serve(
    app,
    "changeTeam",
    { params, body: teamChange, response: { 200: team } },
    ({ params, body, identity }) => teams.change(params.team, body, identity.name),
  );
  serve(app, "deleteTeam", { params, response: nothing }, async ({ params, identity }) => {
    await teams.delete(params.team, identity.name);
    return {};
  });
  serve(app, "teamUsage", { params, response: { 200: teamUsage } }, ({ params }) => teams.usage(params.team));
  serve(app, "adopt", { params, body: adoption, response: nothing }, async ({ params, body, identity }) => {
    await teams.adopt(params.team, body, identity.name);
    return {};
  });
}
