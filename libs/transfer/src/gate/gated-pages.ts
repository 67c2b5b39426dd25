import type { Caller } from "./gate-state.ts";
import type { InstanceGate } from "./instance-gate.ts";

/** The pages of a list, each a request of its own. The last step, which only says that there are no more pages, costs none. */
export async function* gatedPages<Page>(
  pages: AsyncIterable<Page>,
  gate: InstanceGate,
  caller: Pick<Caller, "what" | "signal">,
): AsyncGenerator<Page> {
  const steps = pages[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = () => steps.next();
      const step = await gate.run({ ...caller, lane: "small" }, next, ({ done }) => ({ kind: done === true ? "unasked" : "fine" }));
      if (step.done === true) return;
      yield step.value;
    }
  } finally {
    await steps.return?.();
  }
}
