import type { Instance, TaskLeg } from "@transship/model";

/** Which part of its way a task goes, as the end of a sentence on who does it; nothing for the whole of it. */
export function hopText(leg: TaskLeg, from: Pick<Instance, "name">, to: Pick<Instance, "name">): string {
  switch (leg) {
    case "first":
      return `; first of two hops, to the relay ${to.name}`;
    case "second":
      return `; second of two hops, from the relay ${from.name}`;
    case "target":
      return `; ${from.name} is looked at by another agent before`;
    case "whole":
      return "";
  }
}
