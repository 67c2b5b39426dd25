import { TransshipError } from "@transship/errors";
import { pino } from "pino";
import { describe, expect, it } from "vitest";
import { keepConnected } from "./reconnect.ts";

const logger = pino({ level: "silent" });
const invalid = new TransshipError("INVALID_ARGUMENT", { what: "a message", why: "makes no sense" });
const away = new TransshipError("CONTROL_PLANE_UNREACHABLE", { what: "the stream", why: "reset" });

describe("keeping connected", () => {
  it("opens the next session when one ends or fails, until it is stopped", async () => {
    const stop = new AbortController();
    let sessions = 0;
    await keepConnected(
      async () => {
        sessions += 1;
        if (sessions === 3) stop.abort();
        if (sessions === 2) throw away;
      },
      logger,
      stop.signal,
      0,
    );
    expect(sessions).toBe(3);
  });

  it("ends where the agent is refused, at once or later", async () => {
    const revoked = new TransshipError("NOT_ALLOWED", { what: "the stream", why: "the agent was revoked" });
    const stream = async (welcomed: () => void) => {
      welcomed();
      throw revoked;
    };
    await expect(keepConnected(stream, logger, new AbortController().signal, 0)).rejects.toBe(revoked);
    const hello = async () => {
      throw invalid;
    };
    await expect(keepConnected(hello, logger, new AbortController().signal, 0)).rejects.toBe(invalid);
  });

  it("tries on while another process of the name lives, for as long as it has patience", async () => {
    const taken = new TransshipError("AGENT_NAME_TAKEN", { what: "the stream", why: "another process lives" });
    const begun = performance.now();
    let sessions = 0;
    const hello = async () => {
      sessions += 1;
      throw taken;
    };
    await expect(keepConnected(hello, logger, new AbortController().signal, 150)).rejects.toBe(taken);
    expect(performance.now() - begun).toBeGreaterThanOrEqual(150);
    expect(sessions).toBeGreaterThan(1);
  });

  it("ends at once where its version is too far from the control plane's", async () => {
    const skew = new TransshipError("VERSION_SKEW", { what: "connecting", why: "two minors apart" });
    const hello = async () => {
      throw skew;
    };
    await expect(keepConnected(hello, logger, new AbortController().signal, 60_000)).rejects.toBe(skew);
  });

  it("goes on where only a message of a welcomed agent was refused", async () => {
    const stop = new AbortController();
    let sessions = 0;
    const stream = async (welcomed: () => void) => {
      welcomed();
      sessions += 1;
      if (sessions === 2) stop.abort();
      throw invalid;
    };
    await keepConnected(stream, logger, stop.signal, 0);
    expect(sessions).toBe(2);
  });
});
