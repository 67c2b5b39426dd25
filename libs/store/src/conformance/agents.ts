import { describe, expect, it } from "vitest";
import { at, type OpenStore } from "./samples.ts";

const hello = { name: "sg-1", region: "ap-singapore", border: undefined, networks: ["public", "vpc-sg"], version: "0.1.0", slots: 4 };

/** Agents and their tokens. */
export function agentConformance(openStore: OpenStore): void {
  describe("agents", () => {
    it("finds an agent by an unexpired token", async () => {
      await using store = await openStore();
      await store.agents.addToken({ agent: "sg-1", tokenHash: "aa", expiresAt: at(1000) }, at(0));
      await store.agents.addToken({ agent: "sg-1", tokenHash: "bb" }, at(0));
      expect(await store.agents.findByToken("aa", at(999))).toBe("sg-1");
      expect(await store.agents.findByToken("aa", at(1000))).toBeUndefined();
      expect(await store.agents.findByToken("bb", at(9_999_999))).toBe("sg-1");
      expect(await store.agents.findByToken("cc", at(0))).toBeUndefined();
      expect(await store.agents.get("sg-1")).toMatchObject({ state: "enrolled", lastSeenAt: undefined, createdAt: at(0).toISOString() });
    });

    it("gives a token to one agent only; giving it twice changes its expiry", async () => {
      await using store = await openStore();
      await store.agents.addToken({ agent: "a", tokenHash: "aa", expiresAt: at(10) }, at(0));
      await store.agents.addToken({ agent: "a", tokenHash: "aa" }, at(5));
      expect(await store.agents.findByToken("aa", at(20))).toBe("a");
      await expect(store.agents.addToken({ agent: "b", tokenHash: "aa" }, at(5))).rejects.toMatchObject({ code: "CONFLICT" });
      expect((await store.agents.list()).map(({ name }) => name)).toEqual(["a"]);
    });

    it("follows connection, drain and loss of the stream", async () => {
      await using store = await openStore();
      expect(await store.agents.connected(hello, at(1))).toEqual({
        ...hello,
        state: "online",
        lastSeenAt: at(1).toISOString(),
        createdAt: at(1).toISOString(),
      });
      await store.agents.seen("sg-1", at(2));
      expect((await store.agents.get("sg-1")).lastSeenAt).toBe(at(2).toISOString());
      expect((await store.agents.draining("sg-1", at(3))).state).toBe("draining");
      expect((await store.agents.draining("sg-1", at(3))).state).toBe("draining");
      await store.agents.disconnected("sg-1", at(4));
      expect(await store.agents.get("sg-1")).toMatchObject({ state: "offline", lastSeenAt: at(4).toISOString() });
      const again = await store.agents.connected({ ...hello, version: "0.2.0", border: "intl" }, at(5));
      expect(again).toMatchObject({ state: "online", version: "0.2.0", border: "intl", createdAt: at(1).toISOString() });
      expect((await store.agents.connected(hello, at(6))).state).toBe("online");
    });

    it("refuses a revoked agent until it gets a new token", async () => {
      await using store = await openStore();
      await store.agents.addToken({ agent: "sg-1", tokenHash: "aa" }, at(0));
      await store.agents.connected(hello, at(1));
      expect((await store.agents.revoke("sg-1", at(2))).state).toBe("revoked");
      expect(await store.agents.findByToken("aa", at(3))).toBeUndefined();
      await expect(store.agents.connected(hello, at(3))).rejects.toMatchObject({ code: "NOT_ALLOWED" });
      await expect(store.agents.draining("sg-1", at(3))).rejects.toMatchObject({ code: "CONFLICT" });
      await store.agents.disconnected("sg-1", at(3));
      expect((await store.agents.get("sg-1")).state).toBe("revoked");
      await store.agents.addToken({ agent: "sg-1", tokenHash: "bb" }, at(4));
      expect((await store.agents.get("sg-1")).state).toBe("enrolled");
      expect(await store.agents.findByToken("aa", at(4))).toBeUndefined();
      expect((await store.agents.connected(hello, at(5))).state).toBe("online");
    });

    it("takes everybody offline at start, and leaves the others as they are", async () => {
      await using store = await openStore();
      for (const name of ["a", "b", "c"]) await store.agents.connected({ ...hello, name }, at(0));
      await store.agents.addToken({ agent: "d", tokenHash: "dd" }, at(0));
      await store.agents.draining("b", at(1));
      await store.agents.revoke("c", at(1));
      await store.agents.reset(at(2));
      expect((await store.agents.list()).map(({ name, state }) => `${name} ${state}`)).toEqual([
        "a offline",
        "b offline",
        "c revoked",
        "d enrolled",
      ]);
    });

    it("does not know agents that it was never told of", async () => {
      await using store = await openStore();
      await expect(store.agents.get("x")).rejects.toMatchObject({ code: "NOT_FOUND" });
      await expect(store.agents.draining("x", at(0))).rejects.toMatchObject({ code: "NOT_FOUND" });
      await expect(store.agents.revoke("x", at(0))).rejects.toMatchObject({ code: "NOT_FOUND" });
    });
  });
}
