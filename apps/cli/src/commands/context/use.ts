import type { Call } from "../../command.ts";
import { contextFilePath, findContext, readContexts, writeContexts } from "../../contexts/context-file.ts";
import { nameOf } from "../../nouns/name-of.ts";

/** `context use NAME`. */
export async function run(call: Call): Promise<void> {
  const path = contextFilePath(call.environment);
  const file = await readContexts(path);
  const { name, server } = findContext(file, nameOf(call.args[0] ?? "", "context"));
  await writeContexts(path, { ...file, current: name });
  call.streams.err.write(`current context: ${name} (${server})\n`);
}
