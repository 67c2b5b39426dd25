import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { imageText, parseImageName } from "./image-name.ts";

const digest = `sha256:${"a".repeat(64)}`;

describe("the name of an image", () => {
  it.each([
    ["team/app:v1", "team/app", "v1"],
    ["team/app", "team/app", "latest"],
    ["app:v1", "app", "v1"],
    [`team/app@${digest}`, "team/app", digest],
    [`team/app:v1@${digest}`, "team/app", digest],
    ["localhost:5000/team/app:v1", "localhost:5000/team/app", "v1"],
    ["localhost:5000/app", "localhost:5000/app", "latest"],
    ["https://Reg.Example.com/app:V_1", "Reg.Example.com/app", "V_1"],
    ["[::1]:5000/app:v1", "[::1]:5000/app", "v1"],
  ])("%s is %s and %s", (text, name, reference) => {
    expect(parseImageName(text)).toEqual({ name, reference });
  });

  it.each(["", ":v1", "app:", "Team/App/X:v1", "app:v 1", "app@sha256:12", `app@${digest}@${digest}`, "a//b:v1", "/app:v1"])(
    "%s is none",
    (text) => {
      expect(parseImageName(text)).toBeUndefined();
    },
  );

  it("is read back as it is written, whatever it is", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const image = parseImageName(text);
        if (image !== undefined) expect(parseImageName(imageText(image.name, image.reference))).toEqual(image);
      }),
    );
    fc.assert(
      fc.property(
        fc.stringMatching(/^[a-z0-9]{1,5}(\/[a-z0-9]{1,5}){0,3}$/),
        fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9._-]{0,9}$/),
        (name, reference) => {
          expect(parseImageName(imageText(name, reference))).toEqual({ name, reference });
        },
      ),
    );
  });
});
