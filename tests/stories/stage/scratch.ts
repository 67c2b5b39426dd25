import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A directory of a story's own, removed at its end. */
export interface Scratch extends AsyncDisposable {
  path(...parts: string[]): string;
}

export async function scratchDirectory(): Promise<Scratch> {
  const directory = await mkdtemp(join(tmpdir(), "transship-story-"));
  return {
    path: (...parts) => join(directory, ...parts),
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }),
  };
}
