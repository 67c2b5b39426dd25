import { expect, it } from "vitest";
import { Alarm } from "./alarm.ts";
import { TestClock } from "./test-clock.ts";

it("rings once, at the earliest moment that was asked for, and never after it was cleared", async () => {
  const clock = new TestClock(0);
  const rung: number[] = [];
  const alarm = new Alarm(clock, () => rung.push(clock.now()));
  alarm.ringIn(500);
  alarm.ringIn(100.2);
  alarm.ringIn(300);
  expect(clock.timers).toBe(1);
  await clock.advance(1_000);
  expect(rung).toEqual([101]);
  alarm.ringIn(0);
  await clock.advance(1);
  expect(rung).toEqual([101, 1_001]);
  alarm.ringIn(10);
  alarm.clear();
  await clock.advance(100);
  expect(rung).toHaveLength(2);
  expect(clock.timers).toBe(0);
});
