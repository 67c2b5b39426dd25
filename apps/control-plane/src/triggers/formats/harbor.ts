import type { ScopeAction } from "@transship/model";
import { type EventFormat, hintOf, type ReadEvent } from "./hint.ts";
import { member, textOf } from "./json.ts";

/** Types of Harbor 1.9–1.10, which Tencent TCR uses too, and of Harbor 2.x. Others (pulls, scans, quotas, replications) are of no interest. */
const ACTIONS: Readonly<Record<string, ScopeAction>> = {
  pushImage: "push",
  uploadChart: "push",
  PUSH_ARTIFACT: "push",
  deleteImage: "delete",
  deleteChart: "delete",
  DELETE_ARTIFACT: "delete",
};

/** Harbor's default form and Tencent TCR's: `{type, event_data: {resources: [{tag, digest}], repository: {repo_full_name}}}`. */
export const harborEvents: EventFormat = (document) => {
  const type = member(document, "type");
  const data = member(document, "event_data");
  if (typeof type !== "string" || data === undefined) return undefined;
  return readResources(Object.hasOwn(ACTIONS, type) ? ACTIONS[type] : undefined, data);
};

/** The resources of an event; `tag` is the digest where the artifact has none. */
export function readResources(action: ScopeAction | undefined, data: unknown): ReadEvent[] {
  if (action === undefined) return ["other"];
  const resources = member(data, "resources");
  if (!Array.isArray(resources)) return ["unreadable"];
  const repository = repositoryOf(data);
  return resources.map((resource) => hintOf(action, repository, member(resource, "tag"), member(resource, "digest")));
}

function repositoryOf(data: unknown): string {
  const full = textOf(data, "repository", "repo_full_name");
  return full !== "" ? full : `${textOf(data, "repository", "namespace")}/${textOf(data, "repository", "name")}`;
}
