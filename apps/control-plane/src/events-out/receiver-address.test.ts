import type { LookupAddress, lookup } from "node:dns";
import { describe, expect, it } from "vitest";
import { checkedLookup, checkLiteral } from "./receiver-address.ts";

/** What a lookup that finds `addresses` gives. */
function look(addresses: readonly string[], allowPrivate: boolean): Promise<unknown> {
  const found = addresses.map((address): LookupAddress => ({ address, family: address.includes(":") ? 6 : 4 }));
  const resolve = ((_name: string, _options: object, callback: (failure: null, all: LookupAddress[]) => void) =>
    callback(null, found)) as unknown as typeof lookup;
  return new Promise((done, fail) => {
    checkedLookup(allowPrivate, resolve)("hooks.test", { all: true }, (failure, all) => (failure === null ? done(all) : fail(failure)));
  });
}

const NEVER = ["169.254.169.254", "100.100.100.200", "0.0.0.0", "224.0.0.1", "fe80::1", "::", "fd00:ec2::254", "::ffff:169.254.169.254"];
const PRIVATE = ["10.0.0.1", "192.168.1.1", "127.0.0.1", "::1", "fd12::1", "::ffff:10.0.0.1", "64:ff9b::7f00:1"];

describe("where events may go", () => {
  it.each(NEVER)("never to %s", async (address) => {
    await expect(look([address], true)).rejects.toMatchObject({ code: "ADDRESS_REFUSED" });
  });

  it.each(PRIVATE)("to %s only with leave", async (address) => {
    await expect(look([address], false)).rejects.toMatchObject({ code: "ADDRESS_REFUSED" });
    expect(await look([address], true)).toMatchObject([{ address }]);
  });

  it("not to a name of which one answer is refused, and says no address", async () => {
    const refusal = await look(["8.8.8.8", "10.9.8.7"], false).catch((thrown: unknown) => thrown);
    expect(refusal).toMatchObject({ code: "ADDRESS_REFUSED" });
    expect(JSON.stringify(refusal)).not.toContain("10.9.8.7");
    expect(await look(["8.8.8.8", "2606:4700::1"], false)).toHaveLength(2);
  });

  // WHATWG URLs write all of these as a plain address, for which no name is looked up.
  it.each([
    "http://127.1/",
    "http://0x7f.1/",
    "http://2130706433/",
    "http://[::ffff:127.0.0.1]/",
    "http://127.0.0.1:9/",
    "http://１２７.0.0.1/",
  ])("not to %s", (url) => {
    expect(() => checkLiteral(new URL(url), false)).toThrow("may not go to");
    expect(() => checkLiteral(new URL(url), true)).not.toThrow();
  });

  it("takes names as they are, until they are looked up", () => {
    expect(() => checkLiteral(new URL("http://localhost/"), false)).not.toThrow();
  });
});
