import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { systemCode, TransshipError } from "@transship/errors";
import { type Descriptor, descriptorJson, isObject, type JsonObject, parseDescriptor } from "../descriptor.ts";
import { LIMITS } from "../limits.ts";
import { MEDIA_TYPES } from "../media-types.ts";
import { writeWhole } from "./paths.ts";

const REF_NAME = "org.opencontainers.image.ref.name";

/** Writers of one index.json in this process, one after the other, whoever opened the layout. */
const writers = new Map<string, Promise<unknown>>();

/** The `index.json` of a layout: its tags, and the manifests that nothing else refers to. */
export class LayoutIndex {
  readonly #path: string;

  constructor(directory: string) {
    this.#path = join(directory, "index.json");
  }

  /** Whether there is an index at all. */
  async exists(): Promise<boolean> {
    return await stat(this.#path).then(
      () => true,
      () => false,
    );
  }

  /** All entries as they stand now; none where there is no layout yet. Throws `MANIFEST_INVALID`. */
  async entries(): Promise<readonly Descriptor[]> {
    const list = (await this.#read()).manifests ?? [];
    const refuse = (why: string): TransshipError => new TransshipError("MANIFEST_INVALID", { what: this.#path, why });
    if (!Array.isArray(list)) throw refuse('"manifests" is not a list');
    return list.map((entry, index) => parseDescriptor(entry, `manifests[${index}] of ${this.#path}`));
  }

  /** The newest entry of a tag. */
  async tagged(tag: string): Promise<Descriptor | undefined> {
    return (await this.entries()).findLast((entry) => tagOf(entry) === tag);
  }

  /** Points a tag at a manifest; what it named before stays in the layout only while something else names it. */
  async setTag(tag: string, descriptor: Descriptor): Promise<void> {
    const tagged = { ...descriptor, annotations: { [REF_NAME]: tag } };
    await this.#change((entries) => [...entries.filter((entry) => !(tagOf(entry) === tag || isBare(entry, descriptor))), tagged]);
  }

  /** Lists a manifest without a tag, unless it is listed. */
  async add(descriptor: Descriptor): Promise<void> {
    await this.#change((entries) => (entries.some(({ digest }) => digest === descriptor.digest) ? entries : [...entries, descriptor]));
  }

  async remove(matches: (entry: Descriptor) => boolean): Promise<void> {
    await this.#change((entries) => entries.filter((entry) => !matches(entry)));
  }

  async #read(): Promise<JsonObject> {
    try {
      const { size } = await stat(this.#path);
      if (size > LIMITS.pageBytes) throw new TransshipError("RESPONSE_TOO_LARGE", { what: this.#path, why: `it has ${size} bytes` });
      const document: unknown = JSON.parse(await readFile(this.#path, "utf8"));
      if (isObject(document)) return document;
    } catch (thrown) {
      if (systemCode(thrown) === "ENOENT") return {};
      if (!(thrown instanceof SyntaxError)) throw thrown;
    }
    throw new TransshipError("MANIFEST_INVALID", { what: this.#path, why: "it is not a JSON object" });
  }

  async #change(edit: (entries: readonly Descriptor[]) => readonly Descriptor[]): Promise<void> {
    const before = writers.get(this.#path) ?? Promise.resolve();
    const mine = before.then(() => this.#rewrite(edit));
    const settled = mine.catch(() => undefined);
    writers.set(this.#path, settled);
    try {
      await mine;
    } finally {
      if (writers.get(this.#path) === settled) writers.delete(this.#path);
    }
  }

  async #rewrite(edit: (entries: readonly Descriptor[]) => readonly Descriptor[]): Promise<void> {
    const before = await this.entries();
    const after = edit(before);
    if (after === before) return;
    const document = { ...(await this.#read()), schemaVersion: 2, mediaType: MEDIA_TYPES.ociIndex, manifests: after.map(descriptorJson) };
    await writeWhole(this.#path, Buffer.from(`${JSON.stringify(document, null, 2)}\n`));
  }
}

/** The tag of an entry. Tools that write whole references (`host/repo:tag`) are read by what follows the last colon. */
export function tagOf(entry: Descriptor): string | undefined {
  const name = entry.annotations?.[REF_NAME];
  return name?.includes("/") === true ? name.slice(name.lastIndexOf("/") + 1).split(":")[1] : name;
}

function isBare(entry: Descriptor, descriptor: Descriptor): boolean {
  return entry.digest === descriptor.digest && tagOf(entry) === undefined;
}
