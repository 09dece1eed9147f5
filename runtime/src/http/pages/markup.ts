const entities: Record<string, string> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Text that may stand in HTML, in an attribute too. */
export function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => entities[character] ?? character);
}

const style = `
:root { color-scheme: light dark; --back: #f6f7f9; --card: #fff; --line: #d9dee5; --text: #1b2430; --dim: #5b6675; --accent: #0f6d78; --on: #fff; --bad: #b3261e; --bad-back: #fdeceb }
@media (prefers-color-scheme: dark) {
  :root { --back: #14181d; --card: #1c2128; --line: #343c47; --text: #e4e8ee; --dim: #98a3b3; --accent: #43b3c0; --on: #0b1114; --bad: #ff8a80; --bad-back: #3a2020 }
}
* { box-sizing: border-box }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1rem; background: var(--back); color: var(--text); font: 15px/1.5 system-ui, sans-serif }
main { width: 100%; max-width: 23rem; padding: 1.75rem; background: var(--card); border: 1px solid var(--line); border-radius: 10px }
.brand { display: flex; align-items: center; gap: .6rem; margin: 0 0 1.25rem; font-weight: 650; letter-spacing: .01em }
.brand svg { width: 1.6rem; height: 1.6rem; color: var(--accent) }
h1 { margin: 0 0 1rem; font-size: 1.25rem }
label { display: block; margin-bottom: .3rem; font-weight: 550 }
input { width: 100%; padding: .55rem .7rem; font: inherit; color: inherit; background: var(--back); border: 1px solid var(--line); border-radius: 6px }
button { width: 100%; margin-top: 1rem; padding: .6rem; font: inherit; font-weight: 600; color: var(--on); background: var(--accent); border: 0; border-radius: 6px; cursor: pointer }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px }
.bad { margin: 0 0 1rem; padding: .55rem .7rem; color: var(--bad); background: var(--bad-back); border-radius: 6px }
.hint { margin: 1.25rem 0 0; color: var(--dim); font-size: .87rem }
code { font-family: ui-monospace, monospace; font-size: .92em }
a { color: var(--accent) }
`;

const mark = `<svg viewBox="0 0 24 24" fill="currentColor" aria-hidden="true"><path d="M12 2.5 21 7l-9 4.5L3 7z"/><path d="m3 11.2 9 4.5 9-4.5v2.6l-9 4.5-9-4.5z" opacity=".7"/><path d="m3 16 9 4.5 9-4.5v1.6L12 22l-9-4.4z" opacity=".4"/></svg>`;

/** A small page that works without scripts; `body` is HTML. */
export function renderPage(title: string, nonce: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)} · Bedplate</title>
<link rel="icon" href="data:,">
<style nonce="${nonce}">${style}</style>
</head>
<body><main><p class="brand">${mark}Bedplate</p>${body}</main></body>
</html>
`;
}
