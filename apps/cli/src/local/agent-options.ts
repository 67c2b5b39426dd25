import type { AgentOptions } from "@transship/agent";
import { TransshipError } from "@transship/errors";
import { labelsSchema } from "@transship/model";
import type { Call } from "../command.ts";

/** What `agent start` and `up` have in common. */
export function agentPlace(
  call: Call,
): Pick<AgentOptions, "name" | "region" | "border" | "networks" | "labels" | "slots" | "spoolLimitBytes"> {
  const { settings } = call;
  return {
    name: settings.required("name"),
    region: settings.required("region"),
    border: settings.text("border"),
    networks: settings.list("network"),
    labels: readLabels(settings.list("label")),
    slots: settings.number("slots"),
    spoolLimitBytes: settings.number("spool-limit"),
  };
}

/** `["a=1", "b="]` → `{a: "1", b: ""}`. @throws TransshipError `INVALID_ARGUMENT` for what is no label, or a key that occurs twice. */
export function readLabels(texts: readonly string[]): Record<string, string> {
  const labels: Record<string, string> = {};
  for (const text of texts) {
    const [, key = "", value = ""] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
    const what = `--label ${text}`;
    if (key === "") throw new TransshipError("INVALID_ARGUMENT", { what, why: "must be key=value" });
    if (Object.hasOwn(labels, key)) throw new TransshipError("INVALID_ARGUMENT", { what, why: `${key} is given twice` });
    const issue = labelsSchema.safeParse({ [key]: value }).error?.issues[0];
    if (issue !== undefined) throw new TransshipError("INVALID_ARGUMENT", { what, why: issue.message });
    labels[key] = value;
  }
  return labels;
}
