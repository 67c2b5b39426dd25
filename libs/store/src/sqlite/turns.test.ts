import { setImmediate } from "node:timers/promises";
import { expect, it } from "vitest";
import { Turns } from "./turns.ts";

it("works one after the other, whether those before fail or not", async () => {
  const turns = new Turns();
  const seen: string[] = [];
  const step = (name: string, fails = false) =>
    turns.take(async () => {
      seen.push(`${name} begins`);
      await setImmediate();
      seen.push(`${name} ends`);
      if (fails) throw new Error(name);
    });
  const results = await Promise.allSettled([step("a"), step("b", true), step("c")]);
  expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
  expect(seen).toEqual(["a begins", "a ends", "b begins", "b ends", "c begins", "c ends"]);
});

it("lets the event loop turn while work goes on for long", async () => {
  const turns = new Turns();
  let ticks = 0;
  const ticking = setInterval(() => ticks++, 1);
  const busy = () => {
    const end = performance.now() + 2;
    while (performance.now() < end);
    return Promise.resolve();
  };
  for (let step = 0; step < 30; step++) await turns.take(busy);
  clearInterval(ticking);
  expect(ticks).toBeGreaterThan(3);
});
