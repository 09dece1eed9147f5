const types: Readonly<Record<string, string>> = {
  avif: "image/avif",
  gif: "image/gif",
  gz: "application/gzip",
  htm: "text/html",
  html: "text/html",
  jpeg: "image/jpeg",
  jpg: "image/jpeg",
  mp3: "audio/mpeg",
  mp4: "video/mp4",
  pdf: "application/pdf",
  png: "image/png",
  svg: "image/svg+xml",
  wav: "audio/wav",
  webm: "video/webm",
  webp: "image/webp",
  zip: "application/zip",
};
const plainText: ReadonlySet<string> = new Set([
  "cfg",
  "conf",
  "csv",
  "err",
  "ini",
  "js",
  "json",
  "jsonl",
  "jsonnet",
  "log",
  "md",
  "mlmodel",
  "mlproject",
  "out",
  "py",
  "rst",
  "text",
  "toml",
  "tsv",
  "txt",
  "xml",
  "yaml",
  "yml",
]);

/** The content type that a file is sent with, by its name alone: what its uploader claimed does not count. */
export function contentTypeOf(path: string): string {
  const name = path.slice(path.lastIndexOf("/") + 1).toLowerCase();
  const extension = name.slice(name.lastIndexOf(".") + 1);
  if (plainText.has(extension)) return "text/plain; charset=utf-8";
  return (Object.hasOwn(types, extension) ? types[extension] : undefined) ?? "application/octet-stream";
}
