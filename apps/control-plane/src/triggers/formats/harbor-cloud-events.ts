import type { ScopeAction } from "@transship/model";
import { readResources } from "./harbor.ts";
import type { EventFormat } from "./hint.ts";
import { member, textOf } from "./json.ts";

const ACTIONS: Readonly<Record<string, ScopeAction>> = {
  "harbor.artifact.pushed": "push",
  "harbor.artifact.deleted": "delete",
};

/** Harbor 2.8 and newer with payload format CloudEvents (src/pkg/notifier/formats/cloudevents.go): the same resources below `data`. */
export const harborCloudEvents: EventFormat = (document) => {
  const type = textOf(document, "type");
  if (member(document, "specversion") === undefined || !type.startsWith("harbor.")) return undefined;
  return readResources(Object.hasOwn(ACTIONS, type) ? ACTIONS[type] : undefined, member(document, "data"));
};
