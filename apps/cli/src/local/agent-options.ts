import type { AgentOptions } from "@transship/agent";
import type { Call } from "../command.ts";

/** What `agent start` and `up` have in common. */
export function agentPlace(call: Call): Pick<AgentOptions, "name" | "region" | "border" | "networks" | "slots" | "spoolLimitBytes"> {
  const { settings } = call;
  return {
    name: settings.required("name"),
    region: settings.required("region"),
    border: settings.text("border"),
    networks: settings.list("network"),
    slots: settings.number("slots"),
    spoolLimitBytes: settings.number("spool-limit"),
  };
}
