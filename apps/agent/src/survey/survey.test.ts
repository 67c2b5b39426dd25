import { createServer } from "node:net";
import type { wire } from "@transship/api";
import { startDevRegistry } from "@transship/dev-registry";
import { TransshipError } from "@transship/errors";
import type { GateState } from "@transship/transfer";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Registries } from "../registries.ts";
import { eventually } from "../testing/eventually.ts";
import type { AgentSays } from "../work-stream.ts";
import { ReachReport } from "./report-reach.ts";
import { Surveyor } from "./surveyor.ts";
import { WatchedPlace } from "./watched-place.ts";

let stack: AsyncDisposableStack;
let registries: Registries;
let surveyor: Surveyor;
beforeEach(() => {
  stack = new AsyncDisposableStack();
  registries = stack.use(new Registries());
  surveyor = stack.use(new Surveyor(registries, { tickMs: 20, random: () => 0.5 }));
});
afterEach(() => stack.disposeAsync());

function place(instance: string, url: string, provider = "registry"): wire.SurveyPlace {
  return { instance, endpoint: { url, network: "public", address: "", ca: "" }, provider };
}

/** A stream that keeps what is said. */
function stream() {
  const said: wire.EndpointReach[][] = [];
  const send = (message: AgentSays) => {
    if (message.$case === "reach") said.push(message.value.endpoints);
    return true;
  };
  return { said, send, isFull: false };
}

async function closedPort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((ready) => server.once("listening", ready));
  const { port } = server.address() as { port: number };
  await new Promise((closed) => server.close(closed));
  return port;
}

describe("a survey", () => {
  it("finds what is reached, whatever login it wants, how far it is, and why the rest is not", async () => {
    const open = stack.use(await startDevRegistry());
    const locked = stack.use(await startDevRegistry({ auth: { scheme: "basic", users: [{ username: "u", password: "p" }] } }));
    const web = stack.use(await startDevRegistry());
    web.faults.add({ match: { op: "ping" }, action: { kind: "status", status: 404 }, times: Number.POSITIVE_INFINITY });
    const failing = stack.use(await startDevRegistry());
    failing.faults.add({ match: { op: "ping" }, action: { kind: "status", status: 503 }, times: Number.POSITIVE_INFINITY });
    const told = stream();
    const report = stack.use(new ReachReport(told, surveyor));
    const port = await closedPort();
    const places = [place("open", open.url), place("locked", locked.url), place("nobody", `http://127.0.0.1:${port}`)];
    surveyor.take({ places: [...places, place("web", web.url), place("failing", failing.url)], everyMs: 300_000 });
    await eventually("all looks", () => surveyor.found().length === 5);
    expect(told.said).toEqual([]);
    report.begin();
    await eventually("the first message", () => told.said.length > 0);
    const found = Object.fromEntries((told.said[0] ?? []).map((one) => [one.instance, one]));
    expect(Object.keys(found).sort()).toEqual(["failing", "locked", "nobody", "open", "web"]);
    expect([found.open?.reached, found.locked?.reached]).toEqual([true, true]);
    expect(found.open?.roundTripMs).toBeGreaterThan(0);
    expect(found.locked?.roundTripMs).toBeGreaterThan(0);
    // A registry that fails is there: which agent asks makes no difference.
    expect(found.failing).toMatchObject({ reached: true, roundTripMs: 0, failure: undefined });
    expect(found.nobody).toMatchObject({
      reached: false,
      failure: { code: "CONNECTION_FAILED", message: expect.stringContaining("ECONNREFUSED") },
    });
    expect(found.web).toMatchObject({ reached: false, failure: { code: "RESPONSE_MALFORMED" } });
    // One to connect and three to time; no login.
    expect([open.stats.requests("ping"), locked.stats.requests(), locked.stats.requests("ping")]).toEqual([4, 4, 4]);
  });

  it("looks soon again where it did not get through, and tells of the change alone", async () => {
    const port = await closedPort();
    const steady = stack.use(await startDevRegistry());
    const told = stream();
    stack.use(new ReachReport(told, surveyor)).begin();
    // Soon is a fifth of the usual time where that is short.
    surveyor.take({ places: [place("late", `http://127.0.0.1:${port}`), place("steady", steady.url)], everyMs: 1_000 });
    await eventually("both", () => told.said.flat().length === 2);
    stack.use(await startDevRegistry({ listen: { port } }));
    await eventually("the change", () => told.said.flat().length === 3);
    expect(told.said.at(-1)).toMatchObject([{ instance: "late", reached: true }]);
  });

  it("keeps what it knows over streams and surveys, and forgets what it is not asked about", async () => {
    const registry = stack.use(await startDevRegistry());
    const first = new ReachReport(stream(), surveyor);
    surveyor.take({ places: [place("a", registry.url)], everyMs: 300_000 });
    await eventually("the look", () => surveyor.found().length === 1);
    first[Symbol.dispose]();
    const told = stream();
    stack.use(new ReachReport(told, surveyor)).begin();
    surveyor.take({ places: [place("a", registry.url)], everyMs: 300_000 });
    await eventually("all anew", () => told.said.length > 0);
    expect(told.said[0]).toMatchObject([{ instance: "a", reached: true }]);
    expect(registry.stats.requests("ping")).toBe(4);
    surveyor.take({ places: [], everyMs: 300_000 });
    expect(surveyor.found()).toEqual([]);
  });

  it("goes through the gate, whose pauses it heeds", async () => {
    const registry = stack.use(await startDevRegistry());
    const here = place("a", registry.url);
    registries.gateOf(here).hold(60_000);
    surveyor.take({ places: [here], everyMs: 300_000 });
    await eventually("the look", () => surveyor.found().length === 1);
    expect([surveyor.found()[0]?.state?.reached, registry.stats.requests()]).toEqual([true, 0]);
  });
});

describe("a watched place", () => {
  const here = place("a", "https://a.example");
  const closed = { circuit: "closed", since: 0, inFlight: 0, concurrency: 1, waiting: 0, throttledMs: 0 } as const;
  const error = new TransshipError("TIMED_OUT", { what: "reaching a", why: "no connection in time" });

  it("is due at once, then after the usual time; an answer to real work counts as a look", () => {
    const gate: { state: typeof closed; answeredAt: number | undefined } = { state: closed, answeredAt: undefined };
    const watched = new WatchedPlace(here, gate, () => 0.5);
    expect(watched.isDue(1_000)).toBe(true);
    expect(watched.found({ reached: true, times: [9, 1, 2] }, 10_000, 1_000)).toBe(true);
    expect(watched.state).toMatchObject({ reached: true, roundTripMs: 2 });
    expect([watched.isDue(10_999), watched.isDue(11_000)]).toEqual([false, true]);
    gate.answeredAt = 10_500;
    watched.heed(10_000, 11_000);
    expect([watched.isDue(11_000), watched.isDue(18_500)]).toEqual([false, true]);
  });

  it("is looked at again sooner the fewer looks failed in a row, and never as rarely as one that is reached", () => {
    const watched = new WatchedPlace(here, { state: closed, answeredAt: undefined }, () => 0.5);
    const pauses = Array.from({ length: 6 }, (_, look) => {
      const at = 1_000_000 * (look + 1);
      watched.found({ reached: false, error }, 300_000, at);
      let pause = 0;
      while (!watched.isDue(at + pause)) pause += 1_000;
      return pause;
    });
    expect(pauses).toEqual([5_000, 10_000, 20_000, 40_000, 60_000, 60_000]);
    expect(watched.state).toMatchObject({ reached: false, since: 1_000_000 });
  });

  it("is not reached while work finds its circuit open, and is looked at when work gets through again", () => {
    const gate: { state: GateState; answeredAt: number | undefined } = { state: closed, answeredAt: 500 };
    const watched = new WatchedPlace(here, gate, () => 0.5);
    watched.found({ reached: true, times: [1] }, 300_000, 1_000);
    gate.state = { ...closed, circuit: "open", lastFailure: { error, at: 2_000 } };
    expect(watched.heed(300_000, 2_000)).toBe(true);
    expect(watched.state).toMatchObject({ reached: false, error });
    gate.state = closed;
    gate.answeredAt = 3_000;
    watched.heed(300_000, 3_000);
    expect(watched.isDue(3_000)).toBe(true);
  });

  it("stays reached while the registry itself fails", () => {
    const failed = new TransshipError("REGISTRY_FAILED", { what: "reading", why: "503" });
    const gate = { state: { ...closed, circuit: "open", lastFailure: { error: failed, at: 2_000 } } as GateState, answeredAt: undefined };
    const watched = new WatchedPlace(here, gate, () => 0.5);
    watched.found({ reached: true, times: [1] }, 300_000, 1_000);
    expect([watched.heed(300_000, 2_000), watched.state?.reached]).toEqual([false, true]);
  });
});
