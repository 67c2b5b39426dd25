import { describe, expect, it } from "vitest";
import { openRegistry } from "./open-registry.ts";
import { serve } from "./test-server.ts";

async function tagsOf(body: string | Buffer, headers: Record<string, string> = {}, status = 200): Promise<string[]> {
  await using server = await serve((_, response) => {
    response.writeHead(status, { "content-type": "application/json", ...headers });
    response.end(body);
  });
  await using registry = openRegistry({ url: server.url });
  const all: string[] = [];
  for await (const page of registry.repository("a").tags()) all.push(...page);
  return all;
}

describe("lists", () => {
  it("may be null and hold nulls", async () => {
    expect(await tagsOf('{"name":"a","tags":null}')).toEqual([]);
    expect(await tagsOf('{"name":"a","tags":["v1",null,"v2"]}')).toEqual(["v1", "v2"]);
  });

  it.each([
    ["no JSON", "<html>", {}, 200, "RESPONSE_MALFORMED"],
    ["a list", "[]", {}, 200, "RESPONSE_MALFORMED"],
    ["tags that are no list", '{"tags":"v1"}', {}, 200, "RESPONSE_MALFORMED"],
    ["tags that are no strings", '{"tags":[1]}', {}, 200, "RESPONSE_MALFORMED"],
    ["a link that is no URL", '{"tags":[]}', { link: '<http://[>; rel="next"' }, 200, "RESPONSE_MALFORMED"],
    ["an encoding", "x", { "content-encoding": "gzip" }, 200, "RESPONSE_MALFORMED"],
    ["9 MiB", Buffer.alloc(9 * 1024 * 1024, " "), {}, 200, "RESPONSE_TOO_LARGE"],
    ["a failure", "<html>oops</html>", { "content-type": "text/html" }, 503, "REGISTRY_FAILED"],
    ["a missing repository", "", {}, 404, "NAME_UNKNOWN"],
  ])("fail on %s, rather than be short", async (_, body, headers, status, code) => {
    await expect(tagsOf(body, headers as Record<string, string>, status)).rejects.toThrowError(expect.objectContaining({ code }));
  });

  it("fail when a later page fails", async () => {
    await using server = await serve((request, response) => {
      const second = request.url?.includes("last=") === true;
      response.writeHead(second ? 500 : 200, second ? {} : { link: '</v2/a/tags/list?last=v1>; rel="next"' });
      response.end('{"tags":["v1"]}');
    });
    await using registry = openRegistry({ url: server.url });
    const seen: string[] = [];
    const read = async () => {
      for await (const page of registry.repository("a").tags()) seen.push(...page);
    };
    await expect(read()).rejects.toThrowError(expect.objectContaining({ code: "REGISTRY_FAILED" }));
    expect(seen).toEqual(["v1"]);
  });

  it("says that a web page is no registry", async () => {
    await using server = await serve((_, response) => {
      response.writeHead(200, { "content-type": "text/html; charset=utf-8" });
      response.end("<html>");
    });
    await using registry = openRegistry({ url: server.url });
    await expect(registry.ping()).rejects.toThrowError(
      expect.objectContaining({ code: "RESPONSE_MALFORMED", message: expect.stringContaining("no registry") }),
    );
  });
});
