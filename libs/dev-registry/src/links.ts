import type { RegistryState } from "./exchange.ts";

/** A path of this registry as `Location` and `Link` write it. */
export function linkTo(state: RegistryState, path: string): string {
  return state.settings.locations === "absolute" ? `${state.url}${path}` : path;
}

/** `Docker-Content-Digest`, where the registry sends it. */
export function digestHeader(state: RegistryState, digest: string): Record<string, string> {
  return state.settings.digestHeader ? { "docker-content-digest": digest } : {};
}

/** The names after `last`, at most `n` of them, and whether more follow. */
export function page(names: readonly string[], n: number, last: string): { shown: string[]; more: boolean } {
  const rest = last === "" ? names : names.filter((name) => name > last);
  const shown = rest.slice(0, n);
  return { shown, more: n > 0 && shown.length < rest.length };
}

/** Reads `n`: undefined when it is no number of at least 0. */
export function pageLength(query: URLSearchParams, most: number): number | undefined {
  const asked = query.get("n");
  if (asked === null) return most;
  return /^\d{1,9}$/.test(asked) ? Math.min(Number(asked), most) : undefined;
}

/** `Link` to the page after `last` (RFC 5988, distribution-spec 1.1 end-8b). */
export function nextLink(state: RegistryState, path: string, n: number, last: string): Record<string, string> {
  const query = new URLSearchParams({ last, n: String(n) });
  return { link: `<${linkTo(state, path)}?${query}>; rel="next"` };
}
