import { writeFile } from "node:fs/promises";
import { stringify } from "yaml";

/** What a regsync file is to say. */
export interface SyncOrder {
  /** `host:port`, plain HTTP. */
  readonly source: string;
  readonly target: string;
  /** Copied with all their tags under the same names. */
  readonly repositories: readonly string[];
  /** Absent: whatever the tool does by itself. */
  readonly parallel?: number;
}

/** Writes a file that regsync and `transship sync` both read. */
export async function writeSyncFile(path: string, { source, target, repositories, parallel }: SyncOrder): Promise<string> {
  const entries = repositories.map((name) => ({ source: `${source}/${name}`, target: `${target}/${name}`, type: "repository" }));
  const creds = [source, target].map((registry) => ({ registry, tls: "disabled" }));
  await writeFile(path, stringify({ version: 1, creds, ...(parallel !== undefined && { defaults: { parallel } }), sync: entries }));
  return path;
}
