import { TransshipError } from "@transship/errors";
import type { Call, RegistryClient } from "./client.ts";
import { isObject, type JsonObject } from "./descriptor.ts";
import type { Answer } from "./exchange.ts";
import { LIMITS } from "./limits.ts";
import { nextLink } from "./link.ts";

/** Entries asked for per page; ECR and distribution refuse or clamp more. */
export const PAGE_ENTRIES = 1_000;

/** The JSON object in an answer's body. Throws `RESPONSE_MALFORMED`, `RESPONSE_TOO_LARGE`. */
export async function readJson(client: RegistryClient, call: Call, answer: Answer): Promise<JsonObject> {
  const bytes = await client.read(call, answer, LIMITS.pageBytes);
  let document: unknown;
  try {
    document = JSON.parse(new TextDecoder().decode(bytes));
  } catch (cause) {
    throw new TransshipError("RESPONSE_MALFORMED", { what: call.what, why: "the answer is not JSON", cause });
  }
  if (isObject(document)) return document;
  throw new TransshipError("RESPONSE_MALFORMED", { what: call.what, why: "the answer is not a JSON object" });
}

/**
 * Follows a list from page to page by its `Link` headers (OCI distribution-spec 1.1, "Listing Tags"). The next page stays at the registry's own origin
 * (S5); a page that comes twice, too many pages and too many entries are errors, so that a list is complete or fails. `open` answers the first page
 * or throws; `parse` takes the entries of one page out of it. Errors name the page, from the second on.
 */
export async function* followPages<Entry>(
  client: RegistryClient,
  call: Call,
  open: (call: Call) => Promise<Answer>,
  parse: (page: JsonObject) => readonly Entry[],
): AsyncGenerator<readonly Entry[]> {
  const seen = new Set<string>();
  let entries = 0;
  let current = call;
  for (;;) {
    if (seen.has(current.url.href)) throw broken(call, "RESPONSE_MALFORMED", "the pages of the list go in a circle");
    if (seen.size >= LIMITS.pages) throw broken(call, "RESPONSE_TOO_LARGE", `the list has more than ${LIMITS.pages} pages`);
    seen.add(current.url.href);
    const answer = await open(current);
    const next = nextLink(answer.headers.all("link"));
    const page = parse(await readJson(client, current, answer));
    entries += page.length;
    if (entries > LIMITS.entries) throw broken(call, "RESPONSE_TOO_LARGE", `the list has more than ${LIMITS.entries} entries`);
    if (page.length > 0) yield page;
    if (next === undefined) return;
    const url = URL.parse(next, answer.url.href);
    if (url === null) throw broken(call, "RESPONSE_MALFORMED", "the link to the next page is no URL");
    client.guard.checkNextPage(url, "the link to the next page");
    current = { ...call, url, what: `${call.what}, page ${seen.size + 1}` };
  }
}

/** A list of strings out of a page's field, which may be null (empty repository, distribution 2.8) and may hold nulls (Nexus). */
export function stringsOf(page: JsonObject, field: string, what: string): readonly string[] {
  const list = page[field];
  if (list === null || list === undefined) return [];
  if (!Array.isArray(list)) throw new TransshipError("RESPONSE_MALFORMED", { what, why: `"${field}" is not a list` });
  return list
    .filter((entry) => entry !== null)
    .map((entry) => {
      if (typeof entry === "string") return entry;
      throw new TransshipError("RESPONSE_MALFORMED", { what, why: `"${field}" holds something that is not a string` });
    });
}

function broken(call: Call, code: "RESPONSE_MALFORMED" | "RESPONSE_TOO_LARGE", why: string): TransshipError {
  return new TransshipError(code, { what: call.what, why });
}
