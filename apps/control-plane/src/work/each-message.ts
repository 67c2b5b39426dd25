import type { Readable } from "node:stream";

/**
 * Handles the messages of a stream one after the other, reading the next only when the one before is done. Ends with the stream, however that ends; rejects
 * with what `handle` throws. (A `for await` loop would destroy the stream on the way out, before its status is sent.)
 */
export function eachMessage<Message>(stream: Readable, handle: (message: Message) => Promise<void>): Promise<void> {
  return new Promise((resolve, reject) => {
    for (const event of ["end", "cancelled", "close", "error"]) stream.once(event, () => resolve());
    stream.on("data", (message: Message) => {
      stream.pause();
      handle(message).then(() => stream.resume(), reject);
    });
  });
}
