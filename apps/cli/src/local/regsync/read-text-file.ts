import { readFile } from "node:fs/promises";
import { resolve } from "node:path";

/** A file's text; relative names are relative to `directory`. @throws the file system's error. */
export async function readTextFile(name: string, directory: string): Promise<string> {
  return await readFile(resolve(directory, name), "utf8");
}
