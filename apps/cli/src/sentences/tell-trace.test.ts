import { wire } from "@transship/api";
import { describe, expect, it } from "vitest";
import { traceDocument } from "../documents/trace.ts";
import { traceSentences } from "./tell-trace.ts";

const at = (instance: string, repository = "app") => ({ instance, repository, tag: "v1" });
const failure = { code: "DENIED", side: wire.Side.TARGET, message: "pushing: 403", hint: "Give it the right to push.", tried: "" };
const { EQUAL, DIFFERENT, MISSING, NOT_SELECTED, DISABLED, NOTHING, UNKNOWN } = wire.TraceLegState;

function told(legs: readonly Partial<wire.TraceLeg>[], more: Partial<wire.TraceImageResponse> = {}): string[] {
  const usual = { rule: "r", from: at("gz"), to: at("sg"), state: EQUAL, reason: "", explanation: "so it is", taskId: "", executionId: "" };
  const whole = legs.map((leg): wire.TraceLeg => ({ ...usual, ...leg }));
  return traceSentences(traceDocument({ image: "app:v1", digest: "", places: [], legs: whole, unasked: [], cut: false, ...more }));
}

describe("why an image is not everywhere, in sentences", () => {
  it.each<[string, Partial<wire.TraceLeg>, string[]]>([
    ["nothing of what is equal", { state: EQUAL }, []],
    [
      "what is missing, with the hint",
      { state: MISSING, failure },
      ["sg/app:v1 is missing, which r should bring from gz/app:v1: so it is. Give it the right to push."],
    ],
    ["what differs", { state: DIFFERENT }, ["sg/app:v1 is not what gz/app:v1 is, from where r brings it: so it is."]],
    [
      "what a rule leaves out, without a place there",
      { state: NOT_SELECTED, to: at("sg", "") },
      ["r does not bring gz/app:v1 to sg: so it is."],
    ],
    ["what is disabled", { state: DISABLED }, ["r would bring gz/app:v1 to sg/app:v1: so it is."]],
    ["what has nothing to bring", { state: NOTHING }, ["r has nothing to bring to sg/app:v1: so it is."]],
    ["what is not known", { state: UNKNOWN }, ["Whether sg/app:v1 is what gz/app:v1 is, is not known: so it is."]],
  ])("tells %s", (_, leg, sentences) => {
    expect(told([leg])).toEqual(sentences);
  });

  it("tells once of an instance that could not be asked, of those beside, and that there is more", () => {
    const none = { since: "", rule: "", taskId: "", executionId: "", agent: "", digest: "", depth: 0 };
    const place = { place: at("sg"), state: wire.TracePlaceState.UNREACHABLE, ...none, failure };
    expect(told([], { places: [place, { ...place, place: at("sg", "b") }], unasked: ["bj", "sh"], cut: true })).toEqual([
      "sg could not be asked: pushing: 403. Give it the right to push. (DENIED)",
      "Could not be asked either: bj and sh.",
      "There are more places than these; ask at one instance: transship trace INSTANCE/IMAGE.",
    ]);
  });

  it("keeps what registries say from moving the cursor", () => {
    expect(told([{ state: MISSING, explanation: "a\u001b[2Jb" }])[0]).toContain("a [2Jb");
  });
});
