import type { ResourceValidationArgs } from "@pulumi/policy";
import { expect, test } from "vitest";
import { shareViews } from "./policy.ts";

/** What the engine's SDK shows a rule, with a count of how often it was read. */
function shown(urn: string, image: string) {
  let reads = 0;
  const props = {
    get image() {
      reads++;
      return image;
    },
  };
  const args = { urn, type: "kubernetes:core/v1:Pod", props } as unknown as ResourceValidationArgs;
  return { args, reads: () => reads };
}

test("a resource is read once for all rules, and anew when the engine shows it again", () => {
  const share = shareViews();
  const first = shown("a", "one");
  const again = shown("a", "two");
  for (const rule of ["x", "y", "z"]) expect(share(rule, first.args).properties).toEqual({ image: "one" });
  expect(first.reads()).toBe(1);
  for (const rule of ["x", "y"]) expect(share(rule, again.args).properties).toEqual({ image: "two" });
  expect(again.reads()).toBe(1);
});

test("resources that are shown at once are told apart, however many there are", () => {
  const share = shareViews();
  const all = Array.from({ length: 600 }, (_, at) => shown(`urn-${at}`, `image-${at}`));
  for (const rule of ["x", "y"]) {
    for (const [at, { args }] of all.entries())
      expect(share(rule, args).properties).toEqual({ image: `image-${at}` });
  }
});
