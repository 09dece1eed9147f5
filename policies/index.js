// The engine's SDK compiles an entry point in TypeScript with its own old compiler; this one leaves it to Node.
import "./pack.ts";
