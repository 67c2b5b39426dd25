const SOURCE = "libs/transfer/test/faults/source-faults.ts";
const TARGET = "libs/transfer/test/faults/target-faults.ts";
const KILLS = "libs/transfer/test/kills/kill-anywhere.test.ts";
const DAMAGE = "libs/transfer/test/kills/damage.ts";
const DISK = "libs/transfer/test/kills/disk.test.ts";
const SIBLINGS = "libs/transfer/test/siblings/told-siblings.test.ts";
const ACROSS = "libs/transfer/src/engine-faults.test.ts";

/** What can go wrong with a transfer, in general, and where it is proven that nothing comes of it: files with words of the titles of their tests. */
export const TRANSFER_FAULTS: readonly {
  readonly fault: string;
  readonly tests: readonly (readonly [file: string, ...titles: string[]])[];
}[] = [
  {
    fault: "connections cut",
    tests: [
      [SOURCE, "connections cut in mid-blob"],
      [TARGET, "connections cut in mid-upload"],
    ],
  },
  { fault: "truncated bodies under a right length", tests: [[SOURCE, "bodies that end early"]] },
  { fault: "endless and overlong bodies", tests: [[SOURCE, "bytes after the end of a body", "longer than the manifest says"]] },
  {
    fault: "wrong bytes",
    tests: [
      [SOURCE, "one wrong bit", "wrong bytes each time"],
      [TARGET, "one wrong bit on the way up", "corrupted each time"],
    ],
  },
  {
    fault: "wrong and missing digest headers",
    tests: [
      [SOURCE, "a wrong digest in", "no digest headers"],
      [TARGET, "a wrong digest at"],
    ],
  },
  { fault: "lies about ranges", tests: [[SOURCE, "Content-Range that lies", "Content-Range that always lies", "ranges ignored"]] },
  { fault: "expiring redirects", tests: [[SOURCE, "redirects to addresses that expire", "a redirect to where nothing of ours may go"]] },
  {
    fault: "tokens that expire",
    tests: [
      [SOURCE, "tokens that expire"],
      [TARGET, "tokens that expire"],
    ],
  },
  {
    fault: "rights that are revoked",
    tests: [
      [SOURCE, "a right that is revoked"],
      [TARGET, "a right that is revoked"],
    ],
  },
  {
    fault: "429, also malformed and with absurd pauses",
    tests: [
      [SOURCE, "a storm of 429", "bare line feeds", "a pause longer"],
      [TARGET, "a storm of 429", "a pause longer"],
    ],
  },
  {
    fault: "5xx",
    tests: [
      [SOURCE, "a burst of 5xx", "stays down"],
      [TARGET, "a burst of 5xx", "stays down"],
    ],
  },
  {
    fault: "hanging registries",
    tests: [
      [SOURCE, "never answered", "stop coming", "never answers"],
      [TARGET, "never answered", "not read any further"],
    ],
  },
  {
    fault: "slow loris",
    tests: [
      [SOURCE, "byte by byte, without end", "heads of answers"],
      [TARGET, "read byte by byte", "heads of answers"],
    ],
  },
  {
    fault: "lost upload sessions",
    tests: [
      [TARGET, "session lost between", "session lost at the commit", "lost each time at the commit"],
      [ACROSS, "when the target loses the upload"],
    ],
  },
  {
    fault: "uploads that are sent elsewhere",
    tests: [
      [TARGET, "sent on to another host"],
      ["libs/transfer/src/upload/upload-locations.test.ts", "at another host get no byte"],
    ],
  },
  { fault: "416 on a chunk", tests: [[TARGET, "416 for a chunk"]] },
  { fault: "offsets behind and ahead of ours", tests: [[TARGET, "behind", "ahead of", "acknowledged to a byte"]] },
  {
    fault: "answers lost",
    tests: [[TARGET, "answer to a chunk lost", "answer to the commit lost", "answer to the opening", "answer to the tag lost"]],
  },
  { fault: "blobs that show late", tests: [[TARGET, "show late"]] },
  { fault: "garbage collection in between", tests: [[TARGET, "before the manifest comes", "all the time"]] },
  { fault: "mounts that lie", tests: [[ACROSS, "word for a mount twice"]] },
  { fault: "immutable tags", tests: [[ACROSS, "holds immutable"]] },
  { fault: "source tags that move", tests: [["libs/transfer/src/engine.test.ts", "though the tag moved"]] },
  { fault: "target tags that others push", tests: [["libs/transfer/src/engine.test.ts", "someone pushes it during the copy"]] },
  { fault: "copies that are stopped", tests: [[ACROSS, "ends within a moment"]] },
  { fault: "a full disk", tests: [[DISK, "with DISK_FULL, and the next", "under spool and journal", "is cleared of them"]] },
  {
    fault: "a checkpoint file that is deleted or damaged",
    tests: [
      [DISK, "while it is in use"],
      [DAMAGE, "journal-deleted", "journal-overwritten"],
      ["libs/checkpoint/src/checkpoint.test.ts", "is put aside and begun anew"],
    ],
  },
  {
    fault: "kill -9 and power cuts",
    tests: [
      [KILLS, "in the end, whatever else went wrong", "fetches little twice"],
      [DAMAGE, "torn-tail", "lost-page", "rows-lost", "rows-ahead"],
    ],
  },
  {
    fault: "peers that vanish without a FIN",
    tests: [
      [
        "libs/oci/src/timeouts.test.ts",
        "the TLS handshake",
        "the first byte",
        "the next bytes of a blob",
        "room for the next chunk",
        "the answer to a chunk",
        "the answer to a commit",
      ],
    ],
  },
  { fault: "cuts and crashes of real registries", tests: [["tests/registries/bad-lines.test.ts", "cut at random", "vanish", "killed"]] },
  {
    fault: "siblings that were emptied, fail, lie, hang or are slow",
    tests: [
      [SIBLINGS, "that was emptied", "answers 404 to what it said it has", "answers 500", "sends wrong bytes"],
      [SIBLINGS, "hangs before it sends anything", "hangs in the middle", "is slower than the source"],
    ],
  },
];
