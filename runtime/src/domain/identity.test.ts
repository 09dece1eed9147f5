import fc from "fast-check";
import { expect, test } from "vitest";
import { jobIdentity, parseAuthorization } from "./identity.ts";

const basic = (pair: string) => `Basic ${Buffer.from(pair).toString("base64")}`;

test("a bearer token and a Basic password are the same credential", () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[\w-]{1,60}$/), fc.stringMatching(/^[\w@.]{0,20}$/), (token, user) => {
      expect(parseAuthorization(`Bearer ${token}`)).toEqual({ kind: "token", token });
      expect(parseAuthorization(basic(`${user}:${token}`))).toEqual({ kind: "token", token, user });
    }),
  );
});

test("a password may hold colons", () => {
  expect(parseAuthorization(basic("me:a:b"))).toEqual({ kind: "token", token: "a:b", user: "me" });
});

test("what cannot be read is no credential and never throws", () => {
  for (const header of [undefined, "", "Bearer", "Bearer ", "Digest x", "Basic bm9jb2xvbg==", "Bearer a b"]) {
    expect(parseAuthorization(header)).toBeNull();
  }
  fc.assert(
    fc.property(fc.string(), (header) => {
      parseAuthorization(header);
    }),
  );
});

test("a job can neither promote nor start jobs", () => {
  const { scopes } = jobIdentity("j", "t");
  expect(scopes.has("model:promote")).toBe(false);
  expect(scopes.has("training:write")).toBe(false);
});
