import type { Call } from "../../command.ts";
import { contextFilePath, readContexts } from "../../contexts/context-file.ts";
import { printList } from "../../output/print.ts";

/** `context list`. */
export async function run(call: Call): Promise<void> {
  const file = await readContexts(contextFilePath(call.environment));
  const documents = file.contexts.map(({ name, ...spec }) => ({
    apiVersion: "transship/v1" as const,
    kind: "Context",
    metadata: { name },
    spec,
    status: { current: name === file.current },
  }));
  await printList(call, documents, {
    noun: "context",
    name: (context) => context.metadata.name,
    columns: [
      { title: "CURRENT", cell: (context) => (context.status.current ? "*" : " ") },
      { title: "NAME", cell: (context) => context.metadata.name },
      { title: "SERVER", cell: (context) => context.spec.server },
      { title: "CA", cell: (context) => context.spec.tlsCa ?? "" },
      { title: "CERTIFICATE", cell: (context) => context.spec.tlsCert ?? "", wide: true },
      { title: "TOKEN FILE", cell: (context) => context.spec.tokenFile ?? "" },
    ],
  });
}
