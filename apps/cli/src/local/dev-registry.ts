import { describeFaults, FAULT_CONDITIONS, runDevRegistry } from "@transship/dev-registry";
import type { Call } from "../command.ts";
import { untilStopped } from "./until-stopped.ts";

/** `dev-registry`: serves until interrupted. */
export async function run(call: Call): Promise<void> {
  const fault = call.settings.list("fault");
  if (fault.includes("help")) {
    const conditions = Object.entries(FAULT_CONDITIONS).map(([name, text]) => `  ,${name}=…  ${text}`);
    call.streams.out.write(`${[...describeFaults(), "", "Conditions, after the fault:", ...conditions].join("\n")}\n`);
    return;
  }
  const flags = { listen: call.settings.required("listen"), dir: call.settings.text("dir"), fault };
  await using registry = await runDevRegistry(flags);
  call.streams.err.write(`ready dev-registry ${registry.url}\n`);
  await untilStopped(call.signal);
}
