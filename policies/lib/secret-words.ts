/** Words at the end of a name that make its value a secret. A trailing `_FILE`, `_PATH`, `_NAME` or `_ID` makes it none. */
const secretName =
  /(PASSWORD|PASSWD|PASSPHRASE|SECRET|TOKEN|CREDENTIAL|API_?KEY|ACCESS_?KEY|PRIVATE_?KEY|_KEY|^KEY|-KEY)S?$/;
const harmlessName = /PUBLIC_?KEYS?$/;

/** `apiKey` and `api-key` are named as `API_KEY` is. */
const upper = (name: string) =>
  name
    .replaceAll(/([a-z0-9])([A-Z])/g, "$1_$2")
    .replaceAll("-", "_")
    .toUpperCase();

/** Whether a variable of this name holds a secret. */
export function isSecretName(name: string): boolean {
  const plain = upper(name);
  return secretName.test(plain) && !harmlessName.test(plain);
}

/** Names a place to read the secret from: a substitution, a secret store's address, a URL of a file. */
const reference =
  /^(\$\{[^}]+\}|\$\([^)]+\)|\{\{[^}]+\}\}|arn:aws[\w-]*:(secretsmanager|ssm):\S+|projects\/[^/\s]+\/secrets\/\S+|(vault|op|file|ref\+\w+|secretref|awssm|gcpsm):\S+)$/i;

const pathSegment = /^[\w.@+-]{1,128}$/;
/** Base64 may start with a slash; a long part of mixed letters and digits is no file name. */
const random = /^(?=.*[a-z])(?=.*[A-Z])(?=.*\d)\w{20,}$/;

function isFilePath(value: string): boolean {
  const segments = /^(\/|\.{1,2}\/)(.+)$/.exec(value)?.[2]?.split("/") ?? [];
  return segments.length > 0 && segments.every((part) => pathSegment.test(part) && !random.test(part));
}

/** Whether a value says where a secret is instead of being one. */
export function isReference(value: string): boolean {
  return value.trim() === "" || /^(true|false)$/i.test(value) || reference.test(value) || isFilePath(value);
}

/** `scheme://user:password@host`, RFC 3986 section 3.2.1. */
const urlCredentials = /[a-z][a-z0-9+.-]*:\/\/[^\s/?#:@]*:([^\s/?#@]+)@/i;

/** Whether a URL in the text carries a password. */
export function hasUrlPassword(text: string): boolean {
  const password = urlCredentials.exec(text)?.[1];
  return password !== undefined && !isReference(password);
}

/** Whether the text holds a private key in PEM form (RFC 7468). */
export const hasPrivateKey = (text: string) => /-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----/.test(text);
