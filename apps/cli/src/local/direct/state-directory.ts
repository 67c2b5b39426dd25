import { createHash } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { diskError } from "@transship/errors";
import type { Call } from "../../command.ts";

/** Where a copy without a server remembers what is done. */
export interface CheckpointFiles {
  readonly path: string;
  /** Directory beside it, for pieces of blobs. */
  readonly spool: string;
}

/**
 * The files that `--checkpoint` names or, without it, a file in `$XDG_STATE_HOME/transship` that is the same for the same work, so that running the same
 * command again resumes.
 * @param work what tells one job from another, e.g. source and target
 */
export async function checkpointFiles(call: Call, prefix: string, work: readonly string[]): Promise<CheckpointFiles> {
  const hash = createHash("sha256").update(JSON.stringify(work)).digest("hex").slice(0, 16);
  const given = call.settings.text("checkpoint");
  const path = given === undefined ? join(stateDirectory(call), `${prefix}-${hash}.db`) : resolve(given);
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  } catch (error) {
    throw diskError(`making ${dirname(path)}`, error);
  }
  return { path, spool: `${path}.spool` };
}

function stateDirectory({ environment }: Call): string {
  const base = environment.XDG_STATE_HOME;
  return join(base === undefined || base === "" ? join(environment.HOME ?? homedir(), ".local", "state") : base, "transship");
}
