import { Metadata } from "@grpc/grpc-js";
import { openSqliteStore } from "@transship/store";
import { describe, expect, it } from "vitest";
import { identify } from "./callers.ts";
import { hashToken } from "./tokens.ts";

describe("a token", () => {
  it("that was revoked is told so, with what to do; an unknown one is not", async () => {
    await using store = await openSqliteStore({ memory: true });
    const now = new Date();
    await store.agents.addToken({ agent: "idc-1", tokenHash: hashToken("old") }, now);
    const door = { insecure: false, adminHash: undefined, agents: store.agents, now: () => now };
    const login = (token: string) => {
      const metadata = new Metadata();
      metadata.set("authorization", `Bearer ${token}`);
      return identify(door, metadata);
    };
    expect(await login("old")).toMatchObject({ agent: "idc-1" });
    await store.agents.revoke("idc-1", now);
    await store.agents.addToken({ agent: "idc-1", tokenHash: hashToken("new") }, now);
    await expect(login("old")).rejects.toMatchObject({
      code: "UNAUTHENTICATED",
      message: "logging in to the control plane: the token was revoked, with agent idc-1",
      hint: "Make a new token with `transship agent token create --name idc-1` and start the agent with it.",
    });
    await expect(login("other")).rejects.toMatchObject({ message: "logging in to the control plane: the token is unknown or expired" });
    expect(await login("new")).toMatchObject({ agent: "idc-1" });
  });
});
