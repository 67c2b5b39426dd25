import { TransshipError } from "@transship/errors";
import { transportError } from "./transport-errors.ts";

/** What a proxy's refusal to open a tunnel means. Its body is not read: proxies send pages for browsers. */
export function proxyAnswer(proxy: URL, destination: string, status: number, username: string | undefined): TransshipError {
  const what = reaching(proxy, destination);
  if (status === 407) {
    const why = username === undefined ? "the proxy wants a login and none is given (407)" : `the proxy refused user "${username}" (407)`;
    return new TransshipError("PROXY_UNAUTHORIZED", { what, why });
  }
  if (status >= 500 || status === 408 || status === 429) {
    const why =
      status === 502 || status === 503 || status === 504
        ? `the proxy cannot reach ${destination} (${status})`
        : `the proxy answered ${status}`;
    return new TransshipError("PROXY_FAILED", { what, why });
  }
  return new TransshipError("PROXY_REFUSED", { what, why: `the proxy does not connect to ${destination} (it answered ${status})` });
}

/** A failure on the way to a proxy, as an error that names the proxy and not the registry behind it. */
export function proxyFailure(proxy: URL, destination: string, thrown: unknown): TransshipError {
  if (thrown instanceof TransshipError) return thrown;
  const failure = transportError(reaching(proxy, destination), thrown);
  if (!(failure instanceof TransshipError)) throw failure;
  const why = `the connection to the proxy failed: ${failure.why}`;
  if (failure.code === "TLS_FAILED") {
    const hint =
      "Give the CA of the proxy's certificate in the endpoint's `caFile`, correct the certificate, or use http:// for a proxy without TLS.";
    return failure.with({ why, hint, cause: thrown });
  }
  return new TransshipError("PROXY_FAILED", { what: failure.what, why, cause: thrown });
}

function reaching(proxy: URL, destination: string): string {
  return `reaching ${destination} through the proxy ${proxy.host}`;
}
