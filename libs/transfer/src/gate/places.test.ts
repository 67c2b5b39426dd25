import { describe, expect, it } from "vitest";
import { type Lane, Places } from "./places.ts";

function filled(limit: number, ...lanes: Lane[]): { places: Places; taken: number } {
  const places = new Places();
  for (const lane of lanes) while (places.hasRoom(lane, limit)) places.take(lane);
  return { places, taken: places.taken };
}

describe("Places", () => {
  it.each([
    [1, 1],
    [2, 1],
    [4, 3],
    [16, 12],
    [64, 60],
  ])("of %i places, bodies get %i", (limit, bodies) => {
    expect(filled(limit, "download").taken).toBe(bodies);
    expect(filled(limit, "upload", "download").taken).toBe(bodies);
    expect(filled(limit, "download", "small").taken).toBe(limit);
    expect(filled(limit, "small").taken).toBe(limit);
  });

  it("lets small requests through although more bodies are in flight than a fallen limit allows", () => {
    const { places } = filled(16, "upload");
    expect(places.hasRoom("upload", 4)).toBe(false);
    expect(places.hasRoom("small", 4)).toBe(true);
    places.take("small");
    expect(places.hasRoom("small", 4)).toBe(false);
  });

  it.each([1, 2, 16])("lets one download pass when uploads that wait for it hold all of %i places", (limit) => {
    const { places, taken } = filled(limit, "upload");
    for (let upload = 1; upload < taken; upload++) places.starve(true);
    expect(places.hasRoom("download", limit)).toBe(false);
    places.starve(true);
    expect(places.hasRoom("upload", limit)).toBe(false);
    expect(places.hasRoom("download", limit)).toBe(true);
    places.take("download");
    expect(places.hasRoom("download", limit)).toBe(false);
  });
});
