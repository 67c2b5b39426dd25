import { connect } from "node:http2";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { startTest } from "../testing/test-control-plane.ts";

const GIB = 2 ** 30;
const MIB = 2 ** 20;

/** Sends one raw gRPC frame and gives the grpc-status of the answer. */
function sendFrame(address: string, frame: Buffer, encoding: string): Promise<string> {
  const session = connect(`http://${address}`);
  session.on("error", () => undefined);
  return new Promise<string>((resolve, reject) => {
    const stream = session.request({
      ":method": "POST",
      ":path": "/transship.v1.TopologyService/Apply",
      "content-type": "application/grpc",
      "grpc-encoding": encoding,
      te: "trailers",
    });
    const take = (headers: Record<string, unknown>) => headers["grpc-status"] !== undefined && resolve(String(headers["grpc-status"]));
    stream.on("response", take).on("trailers", take).on("error", reject).resume();
    stream.end(frame);
  }).finally(() => session.destroy());
}

const RESOURCE_EXHAUSTED = "8";

describe("hostile clients", () => {
  it("cannot announce a message of 1 GiB", async () => {
    await using plane = await startTest();
    const header = Buffer.alloc(5);
    header.writeUInt32BE(GIB, 1);
    const before = process.memoryUsage().rss;
    expect(await sendFrame(plane.address, header, "identity")).toBe(RESOURCE_EXHAUSTED);
    expect(process.memoryUsage().rss - before).toBeLessThan(64 * MIB);
  });

  it("cannot send a small message that inflates beyond all bounds", async () => {
    await using plane = await startTest();
    const packed = gzipSync(Buffer.alloc(256 * MIB));
    const header = Buffer.from([1, 0, 0, 0, 0]);
    header.writeUInt32BE(packed.length, 1);
    expect(packed.length).toBeLessThan(MIB);
    expect(await sendFrame(plane.address, Buffer.concat([header, packed]), "gzip")).toBe(RESOURCE_EXHAUSTED);
  });
});
