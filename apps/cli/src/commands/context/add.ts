import { resolve } from "node:path";
import type { Call } from "../../command.ts";
import { type Context, contextFilePath, readContexts, writeContexts } from "../../contexts/context-file.ts";

/** `context add NAME --server …`; the first context becomes the current one. */
export async function run(call: Call): Promise<void> {
  const { settings } = call;
  const name = call.args[0] ?? "";
  // Absolute, since the context will be used from other directories.
  const tlsCa = settings.text("tls-ca");
  const tokenFile = settings.text("token-file");
  const context: Context = {
    name,
    server: settings.required("server"),
    ...(tlsCa === undefined ? {} : { tlsCa: resolve(tlsCa) }),
    ...(tokenFile === undefined ? {} : { tokenFile: resolve(tokenFile) }),
  };
  const path = contextFilePath(call.environment);
  const file = await readContexts(path);
  const others = file.contexts.filter((other) => other.name !== name);
  const current = file.current ?? name;
  await writeContexts(path, { current, contexts: [...others, context] });
  call.streams.err.write(`added context ${name} to ${path}${current === name ? ", the current one" : ""}\n`);
}
