import { environmentName, type OptionRow, optionName } from "../command.ts";
import type { Environment } from "../environment.ts";
import { nameOf } from "../nouns/name-of.ts";

/**
 * What the context says about the options of a command, by long name. Where a flag or variable names the server itself, the current context is left out
 * as a whole: its token must not go to another server. A context that is named is used in any case.
 * @throws TransshipError `NOT_FOUND` for a name that there is no context of.
 */
export async function contextValues(
  options: readonly OptionRow[],
  flags: Readonly<Record<string, unknown>>,
  environment: Environment,
): Promise<Record<string, string>> {
  if (!options.some((option) => option.fromContext === true)) return {};
  const given = (name: string) => {
    const option = options.find((candidate) => optionName(candidate) === name);
    return flags[name] ?? (option === undefined ? undefined : environment[environmentName(option)]);
  };
  const named = given("context");
  if (named === undefined && given("server") !== undefined) return {};
  // Commands that need no server do without the YAML parser.
  const { contextFilePath, findContext, readContexts } = await import("./context-file.ts");
  const file = await readContexts(contextFilePath(environment));
  const name = named === undefined ? file.current : nameOf(String(named), "context");
  if (name === undefined) return {};
  const context = findContext(file, name);
  return {
    server: context.server,
    ...(context.tlsCa === undefined ? {} : { "tls-ca": context.tlsCa }),
    ...(context.tlsCert === undefined ? {} : { "tls-cert": context.tlsCert }),
    ...(context.tlsKey === undefined ? {} : { "tls-key": context.tlsKey }),
    ...(context.tokenFile === undefined ? {} : { "token-file": context.tokenFile }),
  };
}
