import type { FastifyInstance } from "fastify";
import type { Ports } from "../../ports.ts";

export async function servePages(_app: FastifyInstance, _ports: Ports): Promise<void> {}
