/** What Docker's own names mean: `nginx` is `docker.io/library/nginx`. */
function wholeName(image: string): string {
  const [first = ""] = image.split("/");
  if (!image.includes("/")) return `docker.io/library/${image}`;
  return /[.:]/.test(first) || first === "localhost" ? image : `docker.io/${image}`;
}

/** Whether an image's whole name lies below a prefix, such as `ghcr.io/acme`. */
export const imageIsUnder = (image: string, prefix: string) =>
  wholeName(image).startsWith(prefix.endsWith("/") ? prefix : `${prefix}/`);
