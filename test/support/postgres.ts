export { type PostgresServer, startPostgres } from "../../tools/peers/postgres.ts";
