import { resolve } from "node:path";
import type { Call } from "../../command.ts";
import { type Context, contextFilePath, readContexts, writeContexts } from "../../contexts/context-file.ts";

/** `context add NAME --server …`; the first context becomes the current one. */
export async function run(call: Call): Promise<void> {
  const { settings } = call;
  const name = call.args[0] ?? "";
  // Absolute, since the context will be used from other directories.
  const path = (option: string) => {
    const given = settings.text(option);
    return given === undefined ? undefined : resolve(given);
  };
  const [tlsCa, tlsCert, tlsKey, tokenFile] = [path("tls-ca"), path("tls-cert"), path("tls-key"), path("token-file")];
  const context: Context = {
    name,
    server: settings.required("server"),
    ...(tlsCa === undefined ? {} : { tlsCa }),
    ...(tlsCert === undefined ? {} : { tlsCert }),
    ...(tlsKey === undefined ? {} : { tlsKey }),
    ...(tokenFile === undefined ? {} : { tokenFile }),
  };
  const file = contextFilePath(call.environment);
  const known = await readContexts(file);
  const others = known.contexts.filter((other) => other.name !== name);
  const current = known.current ?? name;
  await writeContexts(file, { current, contexts: [...others, context] });
  call.streams.err.write(`added context ${name} to ${file}${current === name ? ", the current one" : ""}\n`);
}
