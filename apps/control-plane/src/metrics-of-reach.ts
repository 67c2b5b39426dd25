import { Gauge, type Registry } from "prom-client";
import type { ReachBoard } from "./work/reach-board.ts";

/** Who reaches which instance, summed over agents: a label for each agent would make series by the hundred thousand in a large fleet. */
export function gaugeReach(registry: Registry, reach: Pick<ReachBoard, "sums">): void {
  const agents: Gauge<"instance" | "reached"> = new Gauge({
    name: "transship_instance_agents",
    help: "Connected agents that looked at the instance, by whether they reach it.",
    labelNames: ["instance", "reached"],
    registers: [registry],
    // Both gauges at once, since the sums go over all agents; this one is asked first.
    collect: () => {
      agents.reset();
      nearest.reset();
      for (const [instance, { reaching, failing, nearestMs }] of reach.sums()) {
        agents.set({ instance, reached: "yes" }, reaching);
        agents.set({ instance, reached: "no" }, failing);
        if (nearestMs !== undefined) nearest.set({ instance }, nearestMs / 1000);
      }
    },
  });
  const nearest: Gauge<"instance"> = new Gauge({
    name: "transship_instance_round_trip_seconds",
    help: "Round trip of the agent that is nearest to the instance.",
    labelNames: ["instance"],
    registers: [registry],
  });
}
