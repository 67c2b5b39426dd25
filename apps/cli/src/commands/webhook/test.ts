import { EXIT, type ExitCode } from "@transship/errors";
import type { Call } from "../../command.ts";
import { openControlPlane } from "../../connection/control-plane.ts";
import { failureDocument } from "../../documents/failure.ts";
import { nameOf } from "../../nouns/name-of.ts";
import { printValue } from "../../output/print.ts";

/** The control plane waits 10 s for the receiver. */
const TIMEOUT_MS = 30_000;

/** `webhook test NAME`: whether a test event arrives. Fails where it does not. */
export async function run(call: Call): Promise<ExitCode> {
  const name = nameOf(call.args[0] ?? "", "webhook");
  using controlPlane = await openControlPlane(call);
  const { webhooks } = controlPlane.services;
  const { latencyMs, failure: message } = await controlPlane.ask(webhooks.testWebhook.bind(webhooks), { name }, TIMEOUT_MS);
  const failure = failureDocument(message);
  const status = { arrived: failure === undefined, latencyMs, ...(failure === undefined ? {} : { failure }) };
  const document = { apiVersion: "transship/v1", kind: "WebhookTest", metadata: { name }, status };
  if (!(await printValue(call, document))) {
    const text = failure === undefined ? `arrived in ${latencyMs.toFixed(0)} ms` : `${failure.message} · ${failure.hint} · ${failure.code}`;
    call.streams.out.write(`webhook ${name}: ${text}\n`);
  }
  return failure === undefined ? EXIT.ok : EXIT.failed;
}
