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
    );
    expect(sessions).toBe(3);
  });

  it("ends where the agent is refused, at once or later", async () => {
    const revoked = new TransshipError("NOT_ALLOWED", { what: "the stream", why: "the agent was revoked" });
    const stream = async (welcomed: () => void) => {
      welcomed();
      throw revoked;
    };
    await expect(keepConnected(stream, logger, new AbortController().signal)).rejects.toBe(revoked);
    const hello = async () => {
      throw invalid;
    };
    await expect(keepConnected(hello, logger, new AbortController().signal)).rejects.toBe(invalid);
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
    await keepConnected(stream, logger, stop.signal);
    expect(sessions).toBe(2);
  });
});
