import { mkdir, readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { diskError, systemCode, TransshipError } from "@transship/errors";
import { isObject } from "../descriptor.ts";
import type { Registry } from "../repository.ts";
import { LayoutRepository } from "./layout-repository.ts";
import { writeWhole } from "./paths.ts";

/**
 * Opens an OCI image layout directory (OCI image-spec 1.1, "Image Layout") as a registry with one repository, named "". Nothing is touched before the
 * first write, which makes the directory a layout where it is none. One process at a time may write: index.json has no lock between processes.
 */
export function openLayout(directory: string): Registry {
  const absolute = resolve(directory);
  const origin = `oci:${absolute}`;
  let prepared: Promise<void> | undefined;
  const prepare = (): Promise<void> => {
    prepared ??= makeLayout(absolute).catch((thrown) => {
      prepared = undefined;
      throw thrown;
    });
    return prepared;
  };
  return {
    origin,
    /** Throws `NOT_FOUND` where there is no layout yet. */
    async ping() {
      if (await isLayout(absolute)) return;
      throw new TransshipError("NOT_FOUND", { what: `OCI layout ${absolute}`, why: "the directory has no oci-layout file" });
    },
    async *catalog() {
      if (await isLayout(absolute)) yield [""];
    },
    repository(name) {
      if (name !== "")
        throw new TransshipError("NAME_INVALID", {
          what: `repository "${name.slice(0, 300)}"`,
          why: "an OCI layout has one repository, without a name",
        });
      return new LayoutRepository(origin, absolute, prepare);
    },
    async [Symbol.asyncDispose]() {
      // Files are closed after each step; nothing is held.
    },
  };
}

/** Whether the directory is a layout of a version that is understood. Throws `MANIFEST_INVALID` for another version. */
async function isLayout(directory: string): Promise<boolean> {
  const path = join(directory, "oci-layout");
  let document: unknown;
  try {
    document = JSON.parse(await readFile(path, "utf8"));
  } catch (thrown) {
    if (systemCode(thrown) === "ENOENT" || systemCode(thrown) === "ENOTDIR") return false;
    if (thrown instanceof SyntaxError) throw new TransshipError("MANIFEST_INVALID", { what: path, why: "it is not JSON", cause: thrown });
    throw diskError(`reading ${path}`, thrown);
  }
  const version = isObject(document) ? document.imageLayoutVersion : undefined;
  if (typeof version === "string" && version.startsWith("1.")) return true;
  throw new TransshipError("MANIFEST_INVALID", { what: path, why: "its imageLayoutVersion is not 1.x" });
}

async function makeLayout(directory: string): Promise<void> {
  if (await isLayout(directory)) return;
  try {
    await mkdir(join(directory, "blobs", "sha256"), { recursive: true });
    await writeWhole(join(directory, "oci-layout"), Buffer.from('{"imageLayoutVersion":"1.0.0"}\n'));
  } catch (thrown) {
    throw diskError(`making ${directory} an OCI layout`, thrown);
  }
}
