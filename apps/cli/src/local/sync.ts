import type { ExitCode } from "@transship/errors";
import type { Call } from "../command.ts";
import { readSourceFile } from "../topology/read-topology.ts";
import { isRegsyncFile } from "./regsync/parse-regsync.ts";

/** `sync -f FILE`: a Transship topology or a regsync file, without a server. */
export async function run(call: Call): Promise<ExitCode> {
  const file = await readSourceFile(call.settings.required("file"), call);
  if (isRegsyncFile(file.text)) return await (await import("./regsync/sync-regsync.ts")).syncRegsync(call, file);
  return await (await import("./sync-topology.ts")).syncTopology(call, file);
}
