import fc from "fast-check";

// A change must not fail for what chance finds in another's code: in CI the cases are the same each time, elsewhere new.
if (process.env.CI === "true") fc.configureGlobal({ seed: 20_261_123 });
