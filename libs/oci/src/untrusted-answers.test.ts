import { describe, expect, it } from "vitest";
import { digestOf } from "./digest.ts";
import { openRegistry } from "./open-registry.ts";
import { collect, serve, stream } from "./test-server.ts";

const BLOB = Buffer.from("layer");
const DIGEST = digestOf(BLOB);
const SECRET = "hunter2-canary";
const credential = { username: "ci", password: SECRET };
const refusal = expect.objectContaining({ code: "REDIRECT_REFUSED" });
const whole = { start: 0, end: BLOB.byteLength };
const blob = { digest: DIGEST, size: BLOB.byteLength };

/** A registry on loopback that tells its clients to fetch tokens at `realm`. */
function tokenRegistry(realm: string) {
  return serve((_, response) => {
    response.writeHead(401, { "www-authenticate": `Bearer realm="${realm}",service="s",scope="repository:a:pull"` });
    response.end();
  });
}

describe("S1: the token realm", () => {
  it.each([
    ["realm-to-other-domain", "http://auth.evil.example/token"],
    ["realm-169.254.169.254", "http://169.254.169.254/token"],
    ["realm-0.0.0.0", "http://0.0.0.0/token"],
  ])("%s gets nothing", async (_, realm) => {
    await using server = await tokenRegistry(realm);
    await using registry = openRegistry({ url: server.url, credential });
    await expect(registry.repository("a").resolve("v1")).rejects.toThrowError(refusal);
    expect(server.requests).toHaveLength(1);
  });

  it("realm-to-other-host on the same machine gets nothing", async () => {
    await using thief = await serve((_, response) => response.end('{"token":"t"}'), "127.0.0.2");
    await using server = await tokenRegistry(`${thief.url}/token`);
    await using registry = openRegistry({ url: server.url, credential });
    await expect(registry.repository("a").resolve("v1")).rejects.toThrowError(refusal);
    expect(thief.requests).toEqual([]);
  });
});

describe("S2: redirects of the token server", () => {
  it("token-server-302-private is refused", async () => {
    await using thief = await serve((_, response) => response.end('{"token":"t"}'), "127.0.0.2");
    await using server = await serve((request, response, url) => {
      if (request.url?.startsWith("/token") === true) response.writeHead(302, { location: `${thief.url}/token` });
      else response.writeHead(401, { "www-authenticate": `Bearer realm="${url}/token",service="s"` });
      response.end();
    });
    await using registry = openRegistry({ url: server.url, credential });
    await expect(registry.repository("a").resolve("v1")).rejects.toThrowError(refusal);
    expect(thief.requests).toEqual([]);
  });

  it("more than three hops are refused", async () => {
    await using server = await serve((request, response, url) => {
      if (request.url?.startsWith("/token") === true) response.writeHead(302, { location: `/token${request.url.length}` });
      else response.writeHead(401, { "www-authenticate": `Bearer realm="${url}/token",service="s"` });
      response.end();
    });
    await using registry = openRegistry({ url: server.url, credential });
    await expect(registry.repository("a").resolve("v1")).rejects.toThrowError(refusal);
    expect(server.requests.filter(({ path }) => path.startsWith("/token"))).toHaveLength(4);
  });
});

describe("S3: redirects to storage", () => {
  const passwordRegistry = (location: string) =>
    serve((request, response) => {
      const known = request.headers.authorization !== undefined;
      response.writeHead(known ? 307 : 401, known ? { location } : { "www-authenticate": "Basic realm=r" });
      response.end();
    });

  it("are followed without the credential", async () => {
    await using storage = await serve((_, response) => response.end(BLOB), "127.0.0.2");
    await using server = await passwordRegistry(`${storage.url}/blob?sig=1`);
    await using registry = openRegistry({ url: server.url, credential });
    expect(await collect((await registry.repository("a").readBlob(blob, whole)).bytes)).toEqual(BLOB);
    expect(storage.requests).toMatchObject([{ path: "/blob?sig=1", authorization: undefined }]);
  });

  it("redirect-then-challenge-harvests-token gets an anonymous token only", async () => {
    await using storage = await serve((request, response, url) => {
      if (request.url?.startsWith("/token") === true) return response.end('{"token":"anonymous"}');
      if (request.headers.authorization === "Bearer anonymous") return response.end(BLOB);
      response.writeHead(401, { "www-authenticate": `Bearer realm="${url}/token",service="s"` });
      return response.end();
    }, "127.0.0.2");
    await using server = await passwordRegistry(`${storage.url}/blob`);
    await using registry = openRegistry({ url: server.url, credential });
    expect(await collect((await registry.repository("a").readBlob(blob, whole)).bytes)).toEqual(BLOB);
    expect(storage.requests.map(({ authorization }) => authorization)).toEqual([undefined, undefined, "Bearer anonymous"]);
  });

  it("a Basic challenge of the storage is not answered", async () => {
    await using storage = await serve((_, response) => {
      response.writeHead(401, { "www-authenticate": "Basic realm=r" });
      response.end();
    }, "127.0.0.2");
    await using server = await passwordRegistry(`${storage.url}/blob`);
    await using registry = openRegistry({ url: server.url, credential });
    await expect(registry.repository("a").readBlob(blob, whole)).rejects.toThrowError(expect.objectContaining({ code: "REGISTRY_FAILED" }));
    expect(storage.requests.map(({ authorization }) => authorization)).toEqual([undefined]);
  });

  it("never lead to metadata services or in circles", async () => {
    await using metadata = await passwordRegistry("http://169.254.169.254/latest");
    await using circle = await passwordRegistry("/v2/a/blobs/again");
    for (const [server, requests] of [
      [metadata, 2],
      [circle, 7],
    ] as const) {
      await using registry = openRegistry({ url: server.url, credential });
      await expect(registry.repository("a").readBlob(blob, whole)).rejects.toThrowError(refusal);
      expect(server.requests).toHaveLength(requests);
    }
  });
});

describe("S4: upload locations", () => {
  const uploadRegistry = (location: string) =>
    serve((_, response) => {
      response.writeHead(202, { location });
      response.end();
    });

  it("upload-location-private-ip and upload-location-other-host get no bytes", async () => {
    await using thief = await serve((_, response) => response.end(), "127.0.0.2");
    for (const location of ["http://10.0.0.1/upload", "http://169.254.169.254/upload", `${thief.url}/upload`]) {
      await using server = await uploadRegistry(location);
      await using registry = openRegistry({ url: server.url, credential });
      await expect(registry.repository("a").startUpload()).rejects.toThrowError(refusal);
      await expect(registry.repository("a").resumeUpload({ location })).rejects.toThrowError(refusal);
    }
    expect(thief.requests).toEqual([]);
  });

  it("a listed host gets the bytes, never the credential", async () => {
    await using uploads = await serve((_, response) => {
      response.writeHead(201);
      response.end();
    }, "127.0.0.2");
    await using server = await uploadRegistry(`${uploads.url}/upload?state=a%2Fb`);
    await using registry = openRegistry({ url: server.url, credential, allowedHosts: [uploads.host] });
    const upload = await registry.repository("a").startUpload();
    await upload.commit(DIGEST, { bytes: stream(BLOB), length: BLOB.byteLength });
    expect(uploads.requests).toMatchObject([
      { method: "PUT", path: `/upload?state=a%2Fb&digest=${encodeURIComponent(DIGEST)}`, authorization: undefined, body: "layer" },
    ]);
  });
});

describe("S5: links to the next page", () => {
  async function listed(link: (path: string) => string) {
    const server = await serve((request, response) => {
      response.writeHead(200, { "content-type": "application/json", link: `<${link(request.url ?? "")}>; rel="next"` });
      response.end('{"name":"a","tags":["v1"]}');
    });
    const registry = openRegistry({ url: server.url, credential });
    const read = async () => {
      for await (const _ of registry.repository("a").tags());
    };
    return { server, registry, read };
  }

  it("link-next-cross-origin is refused", async () => {
    const { server, registry, read } = await listed(() => "http://127.0.0.2:1/v2/a/tags/list");
    await expect(read()).rejects.toThrowError(refusal);
    await Promise.all([server, registry].map((each) => each[Symbol.asyncDispose]()));
  });

  it("endless-pagination ends with an error: a page that comes again", async () => {
    const { server, registry, read } = await listed((path) =>
      path.includes("last=x") ? "/v2/a/tags/list?last=y" : "/v2/a/tags/list?last=x",
    );
    await expect(read()).rejects.toThrowError(
      expect.objectContaining({ code: "RESPONSE_MALFORMED", message: expect.stringContaining("circle") }),
    );
    expect(server.requests).toHaveLength(3);
    await Promise.all([server, registry].map((each) => each[Symbol.asyncDispose]()));
  });
});

describe("S6: foreign layers", () => {
  it("foreign-layer-metadata-ip: addresses in descriptors are never fetched", async () => {
    await using thief = await serve((_, response) => response.end(BLOB), "127.0.0.2");
    await using server = await serve((_, response) => {
      response.writeHead(404);
      response.end();
    });
    await using registry = openRegistry({ url: server.url });
    const foreign = { ...blob, mediaType: "application/octet-stream", urls: [`${thief.url}/layer`, "http://169.254.169.254/latest"] };
    await expect(registry.repository("a").readBlob(foreign, whole)).rejects.toThrowError(expect.objectContaining({ code: "BLOB_UNKNOWN" }));
    expect(thief.requests).toEqual([]);
  });
});

describe("secrets", () => {
  it("are in no error, however the registry echoes them", async () => {
    await using server = await serve((request, response, url) => {
      if (request.url?.startsWith("/token") === true) {
        response.writeHead(401, { "content-type": "application/json" });
        return response.end("{}");
      }
      response.writeHead(401, { "www-authenticate": `Bearer realm="${url}/token",service="s"` });
      return response.end();
    });
    await using registry = openRegistry({ url: server.url, credential });
    const failure = await registry.ping().catch((thrown: unknown) => thrown);
    expect(failure).toMatchObject({ code: "UNAUTHORIZED", message: expect.stringContaining('user "ci"') });
    expect(JSON.stringify(failure) + String(failure) + (failure as Error).stack).not.toContain(SECRET);
  });
});
