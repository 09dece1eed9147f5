/** What people read about a rule, and no check depends on: the page of the rules is made of it, and its test reads it. */
const texts = new Set(["description", "severity", "controls", "remediation"]);

/** What is looked at of a node of Babel's syntax tree. */
interface SyntaxNode {
  readonly type: string;
  readonly key?: { readonly name?: string };
  readonly properties?: readonly SyntaxNode[];
}

const isText = ({ type, key }: SyntaxNode) => type === "ObjectProperty" && texts.has(key?.name ?? "");
/** A map of nothing but such texts. */
const holdsTexts = ({ type, properties = [] }: SyntaxNode) =>
  type === "ObjectExpression" && properties.length > 0 && properties.every(isText);

/** Stryker's ignorer that leaves these texts as they are. */
export const ruleTexts = {
  shouldIgnore: ({ node }: { readonly node: SyntaxNode }) =>
    isText(node) || holdsTexts(node) ? "It is read by people, not by the engine." : undefined,
};
