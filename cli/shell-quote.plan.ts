/** A word that a POSIX shell reads back unchanged (POSIX.1-2017, Shell Command Language, 2.2.2 Single-Quotes). */
export function shellQuote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** A line that sets and exports a variable. */
export function exportLine(name: string, value: string): string {
  return `export ${name}=${shellQuote(value)}`;
}
