import { parseDigest } from "../digest.ts";
import type { Exchange, Outcome, RegistryState } from "../exchange.ts";
import { linkTo, nextLink, page, pageLength } from "../links.ts";
import { json, refuse } from "../reply.ts";
import type { ManifestRecord } from "../storage/catalogue.ts";

const INDEX = "application/vnd.oci.image.index.v1+json";

/** end-1: says that this is a registry. */
export async function ping(): Promise<Outcome> {
  return json({}, { headers: { "docker-distribution-api-version": "registry/2.0" } });
}

/** end-8: tags in byte order, page by page. */
export async function listTags(state: RegistryState, { route }: Exchange): Promise<Outcome> {
  const { repository: name, query } = route;
  const tags = state.storage.catalogue.tags(name);
  if (tags === undefined) return refuse("NAME_UNKNOWN", { name });
  if (state.settings.tagList === "distribution-2.8") return json({ name, tags: tags.length === 0 ? null : tags });
  const n = pageLength(query, state.settings.pageSize);
  if (n === undefined) return refuse("PAGINATION_NUMBER_INVALID", { n: query.get("n") });
  const { shown, more } = page(tags, n, query.get("last") ?? "");
  const headers = more ? nextLink(state, `/v2/${name}/tags/list`, n, shown.at(-1) ?? "") : {};
  return json({ name, tags: shown }, { headers });
}

/** `_catalog` of CNCF distribution; not in the OCI spec. */
export async function listRepositories(state: RegistryState, { route }: Exchange): Promise<Outcome> {
  if (!state.settings.catalog) return refuse("NOT_FOUND");
  const n = pageLength(route.query, state.settings.pageSize);
  if (n === undefined) return refuse("PAGINATION_NUMBER_INVALID", { n: route.query.get("n") });
  const { shown, more } = page(state.storage.catalogue.repositories(), n, route.query.get("last") ?? "");
  const headers = more ? nextLink(state, "/v2/_catalog", n, shown.at(-1) ?? "") : {};
  return json({ repositories: shown }, { headers });
}

/** end-12: the manifests whose subject is the digest, filtered when asked, in pages of `pageSize`. */
export async function listReferrers(state: RegistryState, { route }: Exchange): Promise<Outcome> {
  if (!state.settings.referrers) return refuse("NOT_FOUND");
  const { repository, reference: subject, query } = route;
  if (parseDigest(subject) === undefined) return refuse("DIGEST_INVALID", { digest: subject });
  const wanted = query.get("artifactType");
  const last = query.get("last") ?? "";
  const all = state.storage.catalogue
    .referrers(repository, subject)
    .filter((record) => wanted === null || record.artifactType === wanted)
    .sort((a, b) => (a.digest < b.digest ? -1 : 1))
    .filter((record) => record.digest > last);
  const shown = all.slice(0, state.settings.pageSize);
  const headers: Record<string, string> = { "content-type": INDEX };
  if (wanted !== null) headers["oci-filters-applied"] = "artifactType";
  if (shown.length < all.length) {
    const next = new URLSearchParams(query);
    next.set("last", shown.at(-1)?.digest ?? "");
    headers.link = `<${linkTo(state, `/v2/${repository}/referrers/${subject}`)}?${next}>; rel="next"`;
  }
  return json({ schemaVersion: 2, mediaType: INDEX, manifests: shown.map(describe) }, { headers });
}

function describe({ mediaType, size, digest, artifactType, annotations }: ManifestRecord): object {
  return { mediaType, digest, size, artifactType, annotations };
}
