import { type ExitCode, TransshipError } from "@transship/errors";
import type { Call } from "../../command.ts";
import { ListedError } from "../../report-error.ts";
import { formatIssue } from "../../topology/issue.ts";
import type { SourceFile } from "../../topology/read-topology.ts";
import { Places, type RegistrySettings } from "../direct/open-places.ts";
import { concludeDirect, copyWithProgress } from "../direct/run-direct.ts";
import { checkpointFiles } from "../direct/state-directory.ts";
import { parseRegsync, type RegsyncCredential, type RegsyncFile } from "./parse-regsync.ts";
import { regsyncPairs, regsyncSiblings } from "./regsync-pairs.ts";

/** `sync -f` with a regsync file: each entry once, now, side by side; a source that is down fails its own entry only. */
export async function syncRegsync(call: Call, file: SourceFile): Promise<ExitCode> {
  const content = await readRegsync(call, file);
  const registries = new Map(content.credentials.map((credential) => [credential.registry, settingsOf(credential)]));
  const { environment } = call;
  await using places = new Places({ environment, plainHttp: false, registries, withoutDockerFiles: content.skipDockerConfig });
  const files = await checkpointFiles(call, "sync", [file.directory, file.name]);
  const siblings = await regsyncSiblings(content.entries, places);
  const works = content.entries.map((entry) => ({
    rule: `${entry.source} → ${entry.target}`,
    pairs: regsyncPairs(entry, places, siblings, call.signal),
  }));
  return await concludeDirect(call, await copyWithProgress(call, file.name, files, works));
}

async function readRegsync(call: Call, file: SourceFile): Promise<RegsyncFile> {
  const { content, issues } = await parseRegsync(file.name, file.text, { directory: file.directory, environment: call.environment });
  if (issues.length > 0) {
    const why = "there is something in it that cannot be carried out as it is; nothing was copied";
    throw new ListedError(
      "INVALID_ARGUMENT",
      { what: `reading ${file.name}`, why, hint: "Correct the lines above and try again." },
      issues.map(formatIssue),
    );
  }
  if (content.entries.length === 0)
    throw new TransshipError("INVALID_ARGUMENT", { what: `reading ${file.name}`, why: "there is nothing to sync in it" });
  if (content.unneeded.length > 0) {
    call.streams.err.write(
      `${file.name}: left out, since they do not change what is copied by one run now: ${content.unneeded.join(", ")}\n`,
    );
  }
  return content;
}

function settingsOf({ user, pass, ca, plainHttp, hostname }: RegsyncCredential): RegistrySettings {
  return {
    // Only what the file says: without `tls`, hosts of this machine keep docker's rule.
    ...(plainHttp ? { plainHttp } : {}),
    ca,
    host: hostname,
    credential: user === undefined || pass === undefined ? undefined : { username: user, password: pass },
  };
}
