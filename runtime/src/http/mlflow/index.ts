import type { FastifyInstance } from "fastify";
import type { Ports } from "../../ports.ts";

export async function serveMlflow(_app: FastifyInstance, _ports: Ports): Promise<void> {}
