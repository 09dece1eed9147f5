import { shellQuote } from "../shell-quote.plan.ts";

/** Tells this script from an engine. */
export const wrapperMarker = "# bedplate: the engine with a stack's config";

/**
 * A script that stands for `pulumi` in a shell that took the variables of `bedplate env`: commands that read the stack's
 * config get the effective one, so that the engine has no reason to write its salt into the committed file.
 */
export function wrapperScript(command: string, stack: string, configFile: string): string {
  return `#!/bin/sh
${wrapperMarker}
verb= other= previous=
for word; do
  case "$previous" in -s|--stack) [ "$word" = ${shellQuote(stack)} ] || other=1 ;; esac
  case "$word" in
    --config-file|--config-file=*) other=1 ;;
    --stack=*) [ "$word" = --stack=${shellQuote(stack)} ] || other=1 ;;
    up|update|preview|pre|refresh|destroy|down|dn|watch) [ -n "$verb" ] || verb=$word ;;
  esac
  previous=$word
done
if [ -n "$verb" ] && [ -z "$other" ] && [ "\${PULUMI_STACK:-}" = ${shellQuote(stack)} ]; then
  set -- "$@" --config-file ${shellQuote(configFile)}
fi
exec ${shellQuote(command)} "$@"
`;
}
