import type { Call } from "../../command.ts";
import { contextFilePath, findContext, readContexts, writeContexts } from "../../contexts/context-file.ts";

/** `context use NAME`. */
export async function run(call: Call): Promise<void> {
  const path = contextFilePath(call.environment);
  const file = await readContexts(path);
  const { name, server } = findContext(file, call.args[0] ?? "");
  await writeContexts(path, { ...file, current: name });
  call.streams.err.write(`current context: ${name} (${server})\n`);
}
