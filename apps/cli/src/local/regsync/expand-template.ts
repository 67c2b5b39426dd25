import type { Environment } from "../../environment.ts";

/**
 * Expands the Go templates that regsync files use: `{{env "NAME"}}` and `{{file "PATH"}}`, with double quotes or backticks.
 * @param readText reads a file; what it throws is passed on.
 * @throws Error for any other template, and for a variable that is not set.
 */
export async function expandTemplate(text: string, environment: Environment, readText: (path: string) => Promise<string>): Promise<string> {
  const parts = text.split(/(\{\{.*?\}\})/s);
  const expanded = await Promise.all(
    parts.map((part) => (part.startsWith("{{") && part.endsWith("}}") ? expandOne(part, environment, readText) : part)),
  );
  const result = expanded.join("");
  if (parts.some((part) => !part.startsWith("{{") && part.includes("{{")))
    throw new Error(`the template in ${JSON.stringify(text)} is not closed`);
  return result;
}

async function expandOne(template: string, environment: Environment, readText: (path: string) => Promise<string>): Promise<string> {
  const match = /^\{\{-?\s*(env|file)\s+(?:"([^"\\]*)"|`([^`]*)`)\s*-?\}\}$/.exec(template);
  if (match === null) throw new Error(`the template ${template} is not supported; only {{env "NAME"}} and {{file "PATH"}} are`);
  const argument = match[2] ?? match[3] ?? "";
  if (match[1] === "file") return (await readText(argument)).trim();
  const value = environment[argument];
  if (value === undefined) throw new Error(`the environment variable ${argument} is not set`);
  return value;
}
