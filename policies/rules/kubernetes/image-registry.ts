import { isUnknown } from "../../lib/plain-data.ts";
import { containersOf, podsOf } from "../../lib/pod.ts";
import { quote } from "../../lib/pod-security.ts";
import { defineRule } from "../../lib/rule.ts";

/** What Docker's own names mean: `nginx` is `docker.io/library/nginx`. */
function wholeName(image: string): string {
  const [first = ""] = image.split("/");
  if (!image.includes("/")) return `docker.io/library/${image}`;
  return /[.:]/.test(first) || first === "localhost" ? image : `docker.io/${image}`;
}

const underPrefix = (image: string, prefix: string) =>
  image.startsWith(prefix.endsWith("/") ? prefix : `${prefix}/`);

export const imageRegistry = defineRule(import.meta.url, {
  description: "Every image comes from a registry that the organisation allows.",
  severity: "medium",
  controls: ["CIS Kubernetes 5.5.1", "CIS EKS 5.1.4", "NSA/CISA 1.2 image sources"],
  remediation: "Copy the image to an allowed registry, or add its prefix to parameters.allowedRegistries.",
  violations: (resource, { allowedRegistries }) => {
    if (allowedRegistries === undefined) return [];
    return podsOf(resource).flatMap(({ path, spec }) =>
      containersOf(spec).flatMap(({ path: at, container: { image } }) => {
        if (isUnknown(image)) return [];
        const allowed =
          typeof image === "string" &&
          allowedRegistries.some((prefix) => underPrefix(wholeName(image), prefix));
        if (allowed) return [];
        const place = [path, at, "image"].filter((part) => part !== "").join(".");
        return [`${place} is ${quote(image)}: allowed are ${allowedRegistries.join(", ") || "none"}`];
      }),
    );
  },
});
