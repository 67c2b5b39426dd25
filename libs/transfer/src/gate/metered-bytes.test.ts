import { describe, expect, it } from "vitest";
import { ByteThrottle } from "./byte-throttle.ts";
import { MeteredBytes } from "./metered-bytes.ts";
import { settle, TestClock } from "./test-clock.ts";

/** A source that says whether it was closed. */
function source(sizes: readonly number[], failure?: Error) {
  const state = { closed: false, read: 0 };
  const iterator: AsyncIterator<Uint8Array> = {
    next: async () => {
      const size = sizes[state.read++];
      if (size !== undefined) return { done: false, value: new Uint8Array(size).fill(state.read) };
      if (failure !== undefined) throw failure;
      return { done: true, value: undefined };
    },
    return: async () => {
      state.closed = true;
      return { done: true, value: undefined };
    },
  };
  return { state, bytes: { [Symbol.asyncIterator]: () => iterator } };
}

function stage(bytesPerSecond?: number) {
  const clock = new TestClock();
  const ended: boolean[] = [];
  const controller = new AbortController();
  const throttle = new ByteThrottle(bytesPerSecond, clock);
  const meter = (bytes: AsyncIterable<Uint8Array>) =>
    new MeteredBytes(bytes, throttle, controller.signal, { ended: (complete) => ended.push(complete) });
  return { clock, ended, controller, throttle, meter };
}

async function readAll(bytes: AsyncIterable<Uint8Array>): Promise<number> {
  let read = 0;
  for await (const chunk of bytes) read += chunk.byteLength;
  return read;
}

describe("MeteredBytes", () => {
  it("passes the chunks as they are where there is no limit", async () => {
    const { meter, ended } = stage();
    const chunk = new Uint8Array(1_000_000);
    const body = meter(
      (async function* () {
        yield chunk;
      })(),
    );
    for await (const piece of body) expect(piece.buffer).toBe(chunk.buffer);
    expect(ended).toEqual([true]);
  });

  it("passes all bytes in order when it cuts them", async () => {
    const { meter, clock } = stage(100);
    const { bytes } = source([70, 1, 40]);
    const seen: number[] = [];
    const reading = (async () => {
      for await (const piece of meter(bytes)) seen.push(...piece);
    })();
    await clock.advance(2_000);
    await reading;
    expect(seen).toEqual([...Array(70).fill(1), 2, ...Array(40).fill(3)]);
  });

  it("tells of the end once when the reader breaks off, and closes the source", async () => {
    const { meter, ended } = stage();
    const { bytes, state } = source([1, 2, 3]);
    for await (const _ of meter(bytes)) break;
    expect(state).toEqual({ closed: true, read: 1 });
    expect(ended).toEqual([false]);
  });

  it("closes a source that was never read when it is let go", async () => {
    const { meter, ended } = stage();
    const first = source([1]);
    await meter(first.bytes)[Symbol.asyncIterator]().return?.();
    const second = source([1]);
    await meter(second.bytes).release();
    expect([first.state, second.state]).toEqual([
      { closed: true, read: 0 },
      { closed: true, read: 0 },
    ]);
    expect(ended).toEqual([false, false]);
  });

  it("ends a wait for the throttle at once when aborted, closes the source and leaves nothing behind", async () => {
    const { meter, clock, controller, throttle, ended } = stage(100);
    const { bytes, state } = source([1_000]);
    const failed = expect(readAll(meter(bytes))).rejects.toThrow("stop");
    await settle();
    expect(throttle.waiting).toBe(1);
    controller.abort(new Error("stop"));
    await failed;
    expect(state.closed).toBe(true);
    expect(ended).toEqual([false]);
    expect([throttle.waiting, clock.timers]).toEqual([0, 0]);
  });

  it("ends when aborted even if nobody reads it", () => {
    const { meter, controller, ended } = stage();
    meter(source([1]).bytes);
    controller.abort();
    expect(ended).toEqual([false]);
  });

  it("passes a failure of the source on, and says whose it was", async () => {
    const { meter, ended } = stage();
    const { bytes } = source([5], new Error("cut"));
    const body = meter(bytes);
    await expect(readAll(body)).rejects.toThrow("cut");
    expect([body.started, body.sourceFailed]).toEqual([true, true]);
    expect(ended).toEqual([false]);
  });
});
