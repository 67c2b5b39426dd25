import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { wire } from "@transship/api";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { instanceDocument } from "../documents/instance.ts";
import { TEST_PEM_FILES } from "../testing/test-pem-files.ts";
import { formatIssue } from "./issue.ts";
import { parseTopology } from "./parse-topology.ts";
import { resourceMessage } from "./submit.ts";

let directory = "";
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "transship-endpoint-"));
  for (const [name, text] of Object.entries(TEST_PEM_FILES)) await writeFile(join(directory, name), text);
  await writeFile(join(directory, "nothing.pem"), "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
});
afterAll(() => rm(directory, { recursive: true }));

const PAIR = "clientCertificate: {certificateFile: client.crt, keyFile: client.key}";
const PROXY = 'proxy: "http://proxy.corp:3128", proxyCredential: {username: gate, passwordFrom: {env: GATE}}';

/** An instance with one endpoint that has these fields too. */
async function parse(fields: string, url = "https://gz.example.com") {
  const text = `apiVersion: transship/v1
kind: Instance
metadata: {name: gz}
spec:
  region: ap-guangzhou
  endpoints:
    - {url: "${url}", ${fields}}
`;
  const { resources, issues } = await parseTopology("t.yaml", text, { directory, environment: { GATE: "sesame" } });
  const [message] = resources.map(resourceMessage);
  const sent = message?.kind?.$case === "instance" ? message.kind.value : undefined;
  return { sent, endpoint: sent?.spec?.endpoints[0], issues: issues.map(formatIssue) };
}

describe("an endpoint", () => {
  it("has its client certificate, its key and its proxy's password read in", async () => {
    const { endpoint, issues } = await parse(`${PAIR}, ${PROXY}`);
    expect(issues).toEqual([]);
    expect(endpoint).toMatchObject({
      proxy: { url: "http://proxy.corp:3128", credential: { username: "gate", password: "sesame" } },
      clientCertificate: { certificate: TEST_PEM_FILES["client.crt"], privateKey: TEST_PEM_FILES["client.key"] },
    });
  });

  it("sends neither where the document states none, and comes back without them", async () => {
    const { endpoint } = await parse(`${PAIR.replace(", keyFile: client.key", "")}, ${PROXY.replace(", passwordFrom: {env: GATE}", "")}`);
    expect(endpoint?.proxy?.credential).toEqual({ username: "gate", password: "" });
    expect(endpoint?.clientCertificate).toEqual({ certificate: TEST_PEM_FILES["client.crt"], privateKey: "" });
    const { sent } = await parse(`${PAIR}, ${PROXY}`);
    const resource = wire.InstanceResource.decode(wire.InstanceResource.encode(sent as wire.InstanceResource).finish());
    const { spec } = instanceDocument({ resource, createdAt: "", updatedAt: "", gates: [], reach: [] });
    expect(spec.endpoints).toEqual([
      {
        url: "https://gz.example.com",
        network: "public",
        proxy: "http://proxy.corp:3128",
        proxyCredential: { username: "gate" },
        clientCertificate: { certificate: TEST_PEM_FILES["client.crt"] },
      },
    ]);
  });

  it.each([
    [PAIR.replace("client.key", "stranger.key"), /keyFile: is not the key of this certificate/],
    [PAIR.replace("client.key", "client.crt"), /keyFile: holds no private key that can be read/],
    [PAIR.replace("client.crt", "nothing.pem"), /certificateFile: holds no certificate that can be read/],
    [PAIR.replace("client.key", "no.key"), /keyFile: ENOENT/],
    [PAIR.replace("keyFile: client.key", "privateKey: hunter2"), /privateKey: a key is not kept in topology files/],
    ["clientCertificate: {keyFile: client.key}", /clientCertificate\.certificate: is missing/],
    [PROXY.replace("passwordFrom: {env: GATE}", "password: hunter2"), /proxyCredential\.password: a password is not kept in files/],
    [PROXY.replace("http://proxy", "http://u:hunter2@proxy"), /proxy: must not hold a user name or password; use proxyCredential/],
    [PROXY.replace("http:", "socks5:"), /proxy: must be an http:\/\/ or https:\/\/ URL/],
    [PROXY.replace("3128", "3128/x"), /proxy: must be scheme, host and port only/],
    [PROXY.replace('proxy: "http://proxy.corp:3128", ', ""), /proxyCredential: is the login of a proxy: needs `proxy`/],
  ])("with %s is refused at its line", async (fields, says) => {
    const { issues } = await parse(fields);
    expect(issues).toEqual([expect.stringMatching(says)]);
    expect(issues[0]).toMatch(/^t\.yaml:7:\d+: spec\.endpoints\[0\]/);
    expect(issues[0]).not.toContain("hunter2");
  });

  it("without TLS has no use for a client certificate", async () => {
    expect((await parse(PAIR, "http://gz.example.com")).issues).toEqual([expect.stringMatching(/needs an https:\/\/ URL/)]);
  });
});
