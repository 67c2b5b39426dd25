import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client, credentials, Metadata, type MethodDefinition, type ServiceError, status } from "@grpc/grpc-js";
import { connectControlPlane, wire } from "@transship/api";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { FakeAgent } from "../testing/fake-agent.ts";
import { call, startTest, type TestControlPlane, until } from "../testing/test-control-plane.ts";
import { TEST_TLS } from "../testing/test-tls.ts";
import { World } from "../testing/world.ts";
import { POLICY, requirePolicy } from "./policy.ts";

const SERVICES = [
  wire.TopologyServiceService,
  wire.InstanceServiceService,
  wire.RuleServiceService,
  wire.ReplicationServiceService,
  wire.PlanServiceService,
  wire.ExecutionServiceService,
  wire.TaskServiceService,
  wire.AgentServiceService,
  wire.WebhookServiceService,
  wire.DriftServiceService,
  wire.TraceServiceService,
  wire.ServerServiceService,
  wire.WorkServiceService,
  wire.HealthService,
];
const METHODS = SERVICES.flatMap((service) => Object.values(service) as MethodDefinition<unknown, unknown>[]);

describe("the policy table", () => {
  it("has a row for every RPC and no other", () => {
    expect(Object.keys(POLICY).sort()).toEqual(METHODS.map((method) => method.path).sort());
    expect(() => requirePolicy(SERVICES)).not.toThrow();
  });

  it("stops the start where an RPC has no row", () => {
    const stranger = { ...wire.ServerServiceService.getServerInfo, path: "/transship.v1.ServerService/Reboot" };
    expect(() => requirePolicy([{ reboot: stranger }])).toThrow(/no row in the policy table for \/transship.v1.ServerService\/Reboot/);
  });
});

describe("with TLS", () => {
  let directory: string;
  let plane: TestControlPlane;
  let admin: string;
  let agent: string;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "transship-"));
    const options = { store: { directory }, tls: TEST_TLS, insecure: false };
    // The first start makes the token, which the client of the second needs.
    await (await startTest(options))[Symbol.asyncDispose]();
    admin = (await readFile(join(directory, "admin.token"), "utf8")).trim();
    plane = await startTest({ ...options, clientToken: admin });
    const { agents } = plane.client;
    agent = (await call(plane.client, agents, agents.createAgentToken, { agent: "a1", ttlSeconds: 0 })).token;
  });
  afterAll(async () => {
    await plane[Symbol.asyncDispose]();
    await rm(directory, { recursive: true });
  });

  it("makes an admin token that only its owner can read, and stores no agent token", async () => {
    expect(admin).toMatch(/^tsu_[\w-]{43}$/);
    expect((await stat(join(directory, "admin.token"))).mode & 0o777).toBe(0o600);
    expect(agent).toMatch(/^tsa_[\w-]{43}$/);
    const database = await readFile(join(directory, "control-plane.db"));
    const wal = await readFile(join(directory, "control-plane.db-wal"));
    expect(Buffer.concat([database, wal]).includes(agent)).toBe(false);
    expect(JSON.stringify(plane.logged)).not.toContain(agent);
  });

  /** The status of a call with an empty message, or `OK` where it was let in and did not fail before the time was over. */
  function knock(method: MethodDefinition<unknown, unknown>, token: string | undefined): Promise<string> {
    const client = new Client(plane.address, credentials.createSsl(Buffer.from(TEST_TLS.cert)));
    const metadata = new Metadata();
    if (token !== undefined) metadata.set("authorization", `Bearer ${token}`);
    return new Promise<string>((resolve) => {
      const done = (error: ServiceError | null) => resolve(error === null ? "OK" : (status[error.code] ?? "?"));
      const write = (): Buffer => Buffer.alloc(0);
      const deadline = { deadline: Date.now() + 400 };
      if (!method.responseStream) client.makeUnaryRequest(method.path, write, method.responseDeserialize, {}, metadata, deadline, done);
      else {
        const stream = method.requestStream
          ? client.makeBidiStreamRequest(method.path, write, method.responseDeserialize, metadata, deadline)
          : client.makeServerStreamRequest(method.path, write, method.responseDeserialize, {}, metadata, deadline);
        stream.on("data", () => undefined).on("error", done);
        stream.on("end", () => done(null));
      }
    }).finally(() => client.close());
  }

  const refusals = ["UNAUTHENTICATED", "PERMISSION_DENIED"];

  describe.each(METHODS.map((method) => [method.path, method] as const))("%s", (path, method) => {
    const row: string | readonly string[] = POLICY[path as keyof typeof POLICY];

    it.each([
      ["admin", () => admin],
      ["agent", () => agent],
    ] as const)(`by %s`, async (role, token) => {
      const code = await knock(method, token());
      if (row.includes(role) || row === "anyone") expect(refusals).not.toContain(code);
      else expect(code).toBe("PERMISSION_DENIED");
    });

    it("by nobody", async () => {
      const code = await knock(method, undefined);
      if (row === "anyone") expect(refusals).not.toContain(code);
      else expect(code).toBe("UNAUTHENTICATED");
    });
  });

  it("refuses unknown tokens, even for what anyone may call", async () => {
    expect(await knock(METHODS[0] as MethodDefinition<unknown, unknown>, "tsu_wrong")).toBe("UNAUTHENTICATED");
    expect(await knock(wire.HealthService.check as MethodDefinition<unknown, unknown>, "tsu_wrong")).toBe("UNAUTHENTICATED");
  });

  it("lets an agent be only the one that its token was made for", async () => {
    const options = { address: plane.address, ca: TEST_TLS.cert, token: agent, world: new World() };
    using itself = new FakeAgent({ ...options, name: "a1" });
    await until("the welcome", () => itself.heardOf("welcome").length > 0);
    using other = new FakeAgent({ ...options, name: "a2" });
    await until("the refusal", () => other.ended);
    expect(other.error).toMatchObject({ code: "NOT_ALLOWED" });
  });

  it("takes no expired token", async () => {
    const { agents } = plane.client;
    const { token } = await call(plane.client, agents, agents.createAgentToken, { agent: "short", ttlSeconds: 1 });
    const method = wire.ServerServiceService.getServerInfo as MethodDefinition<unknown, unknown>;
    expect(await knock(method, token)).toBe("OK");
    await new Promise((resolve) => setTimeout(resolve, 1050));
    expect(await knock(method, token)).toBe("UNAUTHENTICATED");
  });

  it("demands a client certificate where it is given a CA for them", async () => {
    const own = join(directory, "mutual");
    await using strict = await startTest({ store: { directory: own }, tls: { ...TEST_TLS, ca: TEST_TLS.cert }, insecure: false });
    await expect(call(strict.client, strict.client.server, strict.client.server.getServerInfo, {})).rejects.toMatchObject({
      code: "CONTROL_PLANE_UNREACHABLE",
    });
    const [ca, key] = [Buffer.from(TEST_TLS.cert), Buffer.from(TEST_TLS.key)];
    const health = new wire.HealthClient(strict.address, credentials.createSsl(ca, key, ca));
    const answer = await call({ ...strict.client, metadata: new Metadata() }, health, health.check, { service: "" });
    expect(answer.status).toBe(wire.HealthCheckResponse_ServingStatus.SERVING);
    health.close();
  });

  it("speaks no plain gRPC", async () => {
    using plain = connectControlPlane({ address: plane.address, insecure: true, token: admin });
    await expect(call(plain, plain.server, plain.server.getServerInfo, {})).rejects.toMatchObject({ code: "CONTROL_PLANE_UNREACHABLE" });
  });
});

describe("without TLS", () => {
  it("takes callers without a token for admins, but no wrong token", async () => {
    await using plane = await startTest();
    expect(await call(plane.client, plane.client.instances, plane.client.instances.listInstances, {})).toEqual({ instances: [] });
    using wrong = connectControlPlane({ address: plane.address, insecure: true, token: "tsu_wrong" });
    await expect(call(wrong, wrong.server, wrong.server.getServerInfo, {})).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
  });

  it("is refused on an address that others reach, and where nothing is said", async () => {
    await expect(startTest({ grpc: { host: "0.0.0.0", port: 0 } })).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    await expect(startTest({ insecure: false })).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    await expect(startTest({ tls: TEST_TLS })).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    await expect(startTest({ tls: TEST_TLS, insecure: false })).rejects.toThrow(/admin token/);
  });
});
