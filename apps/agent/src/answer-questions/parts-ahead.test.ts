import { expect, it } from "vitest";
import { PartsAhead } from "./parts-ahead.ts";

const never = new AbortController().signal;

it("lets so many parts go, and the next ones as they are taken", async () => {
  const ahead = new PartsAhead(2);
  await ahead.room(1, never);
  let open = false;
  const room = ahead.room(3, never).then(() => {
    open = true;
  });
  ahead.taken(1);
  await new Promise(setImmediate);
  expect(open).toBe(false);
  ahead.taken(2);
  await room;
});

it("bounds nothing where no bound is given, and does not wait for ever", async () => {
  await new PartsAhead(undefined).room(1_000_000, never);
  const stop = new AbortController();
  const room = new PartsAhead(1).room(1, stop.signal);
  stop.abort();
  await expect(room).rejects.toThrow();
});
