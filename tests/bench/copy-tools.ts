import { findPeer, findSkopeo, TRANSSHIP, versionOf } from "./peers.ts";

/** Where a tool copies from and to: `host:port/repository:tag`, plain HTTP. */
export interface CopyOrder {
  readonly source: string;
  readonly target: string;
  /** For tools that remember: a file of their own. */
  readonly checkpoint: string;
}

/** A program that copies one image from registry to registry. */
export interface CopyTool {
  readonly name: string;
  command(order: CopyOrder): readonly string[];
}

/** Ours. */
export const transshipCopy: CopyTool = {
  name: "transship copy",
  command: ({ source, target, checkpoint }) => [TRANSSHIP, "copy", source, target, "--plain-http", "--checkpoint", checkpoint],
};

export function regctlCopy(): CopyTool {
  const program = findPeer("regctl");
  const plain = (reference: string) => ["--host", `reg=${hostOf(reference)},tls=disabled`];
  return {
    name: `regctl ${versionOf(program)}`,
    command: ({ source, target }) => [program, "image", "copy", ...plain(source), ...plain(target), source, target],
  };
}

export function craneCopy(): CopyTool {
  const program = findPeer("crane");
  return { name: `crane ${versionOf(program)}`, command: ({ source, target }) => [program, "copy", "--insecure", source, target] };
}

/** skopeo, told to keep digests: otherwise it compresses what is not compressed. Undefined where it is missing. */
export function skopeoCopy(): CopyTool | undefined {
  const program = findSkopeo();
  if (program === undefined) return undefined;
  const options = ["--insecure-policy", "copy", "--preserve-digests", "--src-tls-verify=false", "--dest-tls-verify=false"];
  return {
    name: `skopeo ${versionOf(program)}`,
    command: ({ source, target }) => [program, ...options, `docker://${source}`, `docker://${target}`],
  };
}

function hostOf(reference: string): string {
  return reference.split("/")[0] ?? "";
}
