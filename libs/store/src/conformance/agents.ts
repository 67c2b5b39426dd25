import { describe, expect, it } from "vitest";
import { agentDocument, at, lease, type OpenStore, task, withExecution } from "./samples.ts";

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
        host: "",
        labels: {},
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
      expect(await store.agents.findByRevokedToken("aa")).toBe("sg-1");
      await expect(store.agents.connected(hello, at(3))).rejects.toMatchObject({ code: "NOT_ALLOWED" });
      await expect(store.agents.draining("sg-1", at(3))).rejects.toMatchObject({ code: "CONFLICT" });
      await store.agents.disconnected("sg-1", at(3));
      expect((await store.agents.get("sg-1")).state).toBe("revoked");
      await store.agents.addToken({ agent: "sg-1", tokenHash: "bb" }, at(4));
      expect((await store.agents.get("sg-1")).state).toBe("enrolled");
      expect(await store.agents.findByToken("aa", at(4))).toBeUndefined();
      expect((await store.agents.connected(hello, at(5))).state).toBe("online");
      expect(await store.agents.findByRevokedToken("bb")).toBeUndefined();
      expect(await store.agents.findByRevokedToken("aa")).toBe("sg-1");
    });

    it("knows the last process of a name, unless it ended or does not say who it is", async () => {
      await using store = await openStore();
      expect(await store.agents.lastProcess("sg-1")).toBeUndefined();
      await store.agents.connected({ ...hello, run: "r1", home: "h1", host: "m1" }, at(1));
      await store.agents.disconnected("sg-1", at(2));
      expect(await store.agents.lastProcess("sg-1")).toEqual({ run: "r1", home: "h1", host: "m1", lastSeenAt: at(2).toISOString() });
      await store.agents.connected({ ...hello, run: "r2" }, at(3));
      expect(await store.agents.lastProcess("sg-1")).toMatchObject({ run: "r2", home: undefined });
      await store.agents.disconnected("sg-1", at(4), true);
      expect(await store.agents.lastProcess("sg-1")).toBeUndefined();
      await store.agents.connected(hello, at(5));
      expect(await store.agents.lastProcess("sg-1")).toBeUndefined();
    });

    it("drains a process, not a name: it drains after its stream broke too, the next process works", async () => {
      await using store = await openStore();
      await store.agents.connected({ ...hello, run: "r1" }, at(1));
      await store.agents.draining("sg-1", at(2));
      await store.agents.disconnected("sg-1", at(3));
      expect((await store.agents.connected({ ...hello, run: "r1" }, at(4))).state).toBe("draining");
      await store.agents.reset(at(5));
      expect((await store.agents.connected({ ...hello, run: "r1" }, at(6))).state).toBe("draining");
      expect((await store.agents.connected({ ...hello, run: "r2" }, at(7))).state).toBe("online");
      expect((await store.agents.connected({ ...hello, run: "r1" }, at(8))).state).toBe("online");
    });

    it("drains a process that is away for when it comes back, and resumes it", async () => {
      await using store = await openStore();
      await store.agents.connected({ ...hello, run: "r1" }, at(1));
      await store.agents.disconnected("sg-1", at(2));
      expect((await store.agents.draining("sg-1", at(3))).state).toBe("offline");
      expect((await store.agents.connected({ ...hello, run: "r1" }, at(4))).state).toBe("draining");
      expect((await store.agents.resume("sg-1", at(5))).state).toBe("online");
      await expect(store.agents.resume("sg-1", at(6))).rejects.toMatchObject({ code: "CONFLICT" });
      expect((await store.agents.connected({ ...hello, run: "r1" }, at(7))).state).toBe("online");
      await store.agents.draining("sg-1", at(8));
      await store.agents.disconnected("sg-1", at(9));
      expect((await store.agents.resume("sg-1", at(10))).state).toBe("offline");
      expect((await store.agents.connected({ ...hello, run: "r1" }, at(11))).state).toBe("online");
    });

    it("labels an agent by what its process says, and above that by its document", async () => {
      await using store = await openStore();
      const told = { ...hello, labels: { tier: "slow", rack: "7" }, host: "m1" };
      expect(await store.agents.connected(told, at(1))).toMatchObject({ labels: { tier: "slow", rack: "7" }, host: "m1" });
      await store.topology.apply([{ apply: agentDocument("sg-1", { tier: "fast" }) }], { now: at(2) });
      expect((await store.agents.get("sg-1")).labels).toEqual({ tier: "fast", rack: "7" });
      expect((await store.agents.connected({ ...told, labels: { tier: "x" } }, at(3))).labels).toEqual({ tier: "fast" });
      await store.topology.apply([{ delete: { kind: "Agent", name: "sg-1" } }], { now: at(4) });
      expect((await store.agents.list()).map(({ labels, state }) => ({ labels, state }))).toEqual([
        { labels: { tier: "x" }, state: "online" },
      ]);
    });

    it("expects an agent of which there is a document, and forgets it with the document unless it was seen or has a token", async () => {
      await using store = await openStore();
      const names = ["never", "token", "seen"];
      await store.topology.apply(
        names.map((name) => ({ apply: agentDocument(name, { tier: "fast" }) })),
        { now: at(0) },
      );
      expect((await store.agents.list()).map(({ name, state, labels }) => `${name} ${state} ${labels.tier}`)).toEqual([
        "never enrolled fast",
        "seen enrolled fast",
        "token enrolled fast",
      ]);
      await store.agents.addToken({ agent: "token", tokenHash: "aa" }, at(1));
      await store.agents.connected({ ...hello, name: "seen" }, at(1));
      expect(await store.topology.listAgentDocuments()).toMatchObject([{ name: "never", spec: {} }, { name: "seen" }, { name: "token" }]);
      await store.topology.apply(
        names.map((name) => ({ delete: { kind: "Agent", name } })),
        { now: at(2) },
      );
      expect((await store.agents.list()).map(({ name, state }) => `${name} ${state}`)).toEqual(["seen online", "token enrolled"]);
    });

    it("keeps apart what processes of one name hold at different homes", async () => {
      await using store = await openStore();
      await withExecution(store);
      await store.tasks.add([task("1"), task("2"), task("3")], at(0));
      await lease(store, "a", at(1), { limit: 1 });
      await lease(store, "a", at(1), { limit: 1, home: "h1" });
      await lease(store, "a", at(1), { limit: 1, home: "h2" });
      const held = async (home?: string) => (await store.tasks.heldBy("a", home)).map(({ id }) => id);
      expect(await held()).toEqual(["1", "2", "3"]);
      expect(await held("h1")).toEqual(["1", "2"]);
      expect(await held("h2")).toEqual(["1", "3"]);
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
