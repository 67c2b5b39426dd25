import { AGENT_PRODUCT } from "@transship/model";
import { type EventFormat, hintOf, type ReadEvent } from "./hint.ts";
import { member, textOf } from "./json.ts";

/** Content type of CNCF distribution's notifications (v2 and v3, docs/content/about/notifications.md). */
const CONTENT_TYPE = /^application\/vnd\.docker\.distribution\.events\.v\d+\+json/;
/** Blobs are told of in the same envelope: only manifests are of interest. */
const MANIFEST = /^application\/vnd\.(?:oci\.image\.(?:manifest|index)|docker\.distribution\.manifest(?:\.list)?)\.v\d+\+json$/;

/** CNCF distribution: `{"events": [{action, target: {mediaType, repository, tag, digest}, request: {useragent}}]}`. */
export const distributionEvents: EventFormat = (document, contentType) => {
  const events = member(document, "events");
  if (!CONTENT_TYPE.test(contentType) || !Array.isArray(events)) return undefined;
  return events.map(readEvent);
};

function readEvent(event: unknown): ReadEvent {
  const action = member(event, "action");
  if (action !== "push" && action !== "delete") return "other";
  if (textOf(event, "request", "useragent").startsWith(`${AGENT_PRODUCT}/`)) return "own";
  const mediaType = textOf(event, "target", "mediaType");
  // A deletion by tag or digest names no media type in v2; a deleted blob names no tag and stays out by its type where it has one.
  if (mediaType === "" ? action === "push" : !MANIFEST.test(mediaType)) return "other";
  return hintOf(action, member(event, "target", "repository"), member(event, "target", "tag"), member(event, "target", "digest"));
}
