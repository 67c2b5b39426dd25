import { compilePattern, type Pattern } from "@transship/model";
import { type Document, LineCounter, type ParsedNode, parseDocument } from "yaml";
import { type Issue, locate, type Path } from "../../topology/issue.ts";
import type { Surroundings } from "../../topology/read-secret.ts";
import { checkKeys, isPlain, type Plain } from "./check-keys.ts";
import { expandTemplate } from "./expand-template.ts";
import { readTextFile } from "./read-text-file.ts";
import { CREDENTIAL_KEYS, DEFAULT_KEYS, FILTER_KEYS, SYNC_KEYS } from "./supported-keys.ts";

/** How to log in to a registry, from `creds`. */
export interface RegsyncCredential {
  readonly registry: string;
  readonly user?: string;
  readonly pass?: string;
  readonly plainHttp: boolean;
  /** PEM text, from `regcert`. */
  readonly ca?: string;
  /** Host to connect to instead of the registry's name. */
  readonly hostname?: string;
}

/** Names to take and to leave, anchored at both ends. No `allow` = all. */
export interface NameFilter {
  readonly allow: readonly Pattern[];
  readonly deny: readonly Pattern[];
}

/** One entry of `sync`. */
export interface RegsyncEntry {
  readonly type: "image" | "repository" | "registry";
  readonly source: string;
  readonly target: string;
  readonly tags: NameFilter;
  readonly repos: NameFilter;
}

/** A regsync file, as far as it is carried out. */
export interface RegsyncFile {
  readonly credentials: readonly RegsyncCredential[];
  readonly entries: readonly RegsyncEntry[];
  readonly skipDockerConfig: boolean;
  /** Keys that are left out because they change nothing of what is copied: `sync[0].schedule`. */
  readonly unneeded: readonly string[];
}

/** Whether a text looks like a regsync file: one document with `version` and `sync`, and no `kind`. */
export function isRegsyncFile(text: string): boolean {
  return /^version\s*:/m.test(text) && /^sync\s*:/m.test(text) && !/^kind\s*:/m.test(text);
}

/** Reads a regsync `version: 1` file. Everything that would copy something else than asked is an issue with its line. */
export async function parseRegsync(file: string, text: string, around: Surroundings): Promise<{ content: RegsyncFile; issues: Issue[] }> {
  const lines = new LineCounter();
  const document = parseDocument<ParsedNode>(text, { lineCounter: lines, prettyErrors: false, merge: true });
  const reader = new Reader(file, document, lines, around);
  for (const error of document.errors) reader.issueAtOffset(error.pos[0], error.message);
  const root: unknown = document.errors.length > 0 ? undefined : document.toJS({ maxAliasCount: 100 });
  const content = isPlain(root) ? await reader.file(root) : reader.nothing();
  return { content, issues: reader.issues };
}

class Reader {
  readonly issues: Issue[] = [];
  readonly #unneeded: string[] = [];
  readonly #file: string;
  readonly #document: Document<ParsedNode>;
  readonly #lines: LineCounter;
  readonly #around: Surroundings;

  constructor(file: string, document: Document<ParsedNode>, lines: LineCounter, around: Surroundings) {
    this.#file = file;
    this.#document = document;
    this.#lines = lines;
    this.#around = around;
  }

  issue(path: Path, message: string): void {
    this.issues.push({ file: this.#file, ...locate(this.#document, this.#lines, path), path, message });
  }

  issueAtOffset(offset: number, message: string): void {
    const { line, col } = this.#lines.linePos(offset);
    this.issues.push({ file: this.#file, line, column: col, path: [], message });
  }

  nothing(): RegsyncFile {
    if (this.issues.length === 0) this.issue([], "must be a mapping with `version: 1` and `sync`");
    return { credentials: [], entries: [], skipDockerConfig: false, unneeded: [] };
  }

  async file(root: Plain): Promise<RegsyncFile> {
    if (root.version !== 1) this.issue(["version"], `must be 1, not ${JSON.stringify(root.version)}`);
    // `x-…` keys are regsync's own place for YAML anchors.
    for (const key of Object.keys(root)) {
      if (!["version", "creds", "defaults", "sync"].includes(key) && !key.startsWith("x-")) this.issue([key], `unknown key \`${key}\``);
    }
    const defaults = isPlain(root.defaults) ? root.defaults : {};
    this.#check(defaults, ["defaults"], DEFAULT_KEYS);
    const credentials = await Promise.all(
      this.#list(root.creds, ["creds"]).map((entry, index) => this.#credential(entry, ["creds", index])),
    );
    const sync = this.#list(root.sync, ["sync"]);
    if (sync.length === 0) this.issue(["sync"], "needs at least one entry");
    const entries = await Promise.all(sync.map((entry, index) => this.#entry(entry, ["sync", index])));
    return {
      credentials,
      entries,
      skipDockerConfig: defaults.skipDockerConfig === true,
      unneeded: this.#unneeded,
    };
  }

  async #credential(entry: Plain, path: Path): Promise<RegsyncCredential> {
    this.#check(entry, path, CREDENTIAL_KEYS);
    const tls = entry.tls ?? "enabled";
    if (tls === "insecure") this.issue([...path, "tls"], "certificates are always checked; give the registry's CA with `regcert`");
    else if (tls !== "enabled" && tls !== "disabled") this.issue([...path, "tls"], "must be enabled or disabled");
    const [registry, user, pass, ca, hostname] = await Promise.all([
      this.#text(entry, path, "registry", true),
      this.#text(entry, path, "user"),
      this.#text(entry, path, "pass"),
      this.#text(entry, path, "regcert"),
      this.#text(entry, path, "hostname"),
    ]);
    const optional = Object.fromEntries(
      Object.entries({ user, pass, ca, hostname }).filter(([, value]) => value !== undefined && value !== ""),
    );
    return { registry: registry ?? "", plainHttp: tls === "disabled", ...optional };
  }

  async #entry(entry: Plain, path: Path): Promise<RegsyncEntry> {
    this.#check(entry, path, SYNC_KEYS);
    const type = entry.type;
    if (type !== "image" && type !== "repository" && type !== "registry")
      this.issue([...path, "type"], "must be image, repository or registry");
    if (isPlain(entry.repos) && type !== "registry") this.issue([...path, "repos"], "only entries of type registry have repos");
    if (isPlain(entry.tags) && type === "image")
      this.issue([...path, "tags"], "an entry of type image has one tag, written in source and target");
    return {
      type: type === "image" || type === "registry" ? type : "repository",
      source: (await this.#text(entry, path, "source", true)) ?? "",
      target: (await this.#text(entry, path, "target", true)) ?? "",
      tags: this.#filter(entry.tags, [...path, "tags"]),
      repos: this.#filter(entry.repos, [...path, "repos"]),
    };
  }

  #filter(value: unknown, path: Path): NameFilter {
    if (value === undefined || value === null) return { allow: [], deny: [] };
    if (!isPlain(value)) {
      this.issue(path, "must be a mapping with allow and deny");
      return { allow: [], deny: [] };
    }
    this.#check(value, path, FILTER_KEYS);
    return { allow: this.#patterns(value.allow, [...path, "allow"]), deny: this.#patterns(value.deny, [...path, "deny"]) };
  }

  #patterns(value: unknown, path: Path): Pattern[] {
    if (value === undefined || value === null) return [];
    if (!Array.isArray(value)) this.issue(path, "must be a list of regular expressions");
    return (Array.isArray(value) ? value : []).flatMap((text, index) => {
      try {
        return [compilePattern(String(text))];
      } catch (error) {
        this.issue([...path, index], (error as Error).message);
        return [];
      }
    });
  }

  async #text(entry: Plain, path: Path, key: string, required = false): Promise<string | undefined> {
    const value = entry[key];
    const here = [...path, key];
    if (value === undefined || value === null || value === "") {
      if (required) this.issue(here, "is missing");
      return undefined;
    }
    if (typeof value !== "string") this.issue(here, "must be text");
    try {
      return await expandTemplate(String(value), this.#around.environment, (name) => readTextFile(name, this.#around.directory));
    } catch (error) {
      this.issue(here, (error as Error).message);
      return undefined;
    }
  }

  #list(value: unknown, path: Path): Plain[] {
    if (value === undefined || value === null) return [];
    const items = Array.isArray(value) ? value : [];
    if (!Array.isArray(value) || !items.every(isPlain)) this.issue(path, "must be a list of mappings");
    return items.filter(isPlain);
  }

  #check(value: Plain, path: Path, known: Parameters<typeof checkKeys>[2]): void {
    const found = checkKeys(value, path, known);
    for (const { path: where, message } of found.mistakes) this.issue(where, message);
    this.#unneeded.push(...found.unneeded);
  }
}
