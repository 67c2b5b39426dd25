/** The gRPC status names that this product answers with (numbers are in `@grpc/grpc-js`; this lib knows only the names). */
export type GrpcStatusName =
  | "CANCELLED"
  | "INVALID_ARGUMENT"
  | "DEADLINE_EXCEEDED"
  | "NOT_FOUND"
  | "ALREADY_EXISTS"
  | "PERMISSION_DENIED"
  | "RESOURCE_EXHAUSTED"
  | "FAILED_PRECONDITION"
  | "ABORTED"
  | "INTERNAL"
  | "UNAVAILABLE"
  | "DATA_LOSS"
  | "UNAUTHENTICATED";

/**
 * What to do after a failure.
 * - `retry`: the same step again, after a back-off with jitter.
 * - `retry-later`: again, but only after minutes: the cause does not go away by itself in seconds.
 * - `restart`: throw the step's progress away, once, and do it from the start.
 * - `never`: the same request gives the same answer.
 */
export type RetryPolicy = "retry" | "retry-later" | "restart" | "never";

/** Exit codes of the CLI, as promised to users. */
export const EXIT = {
  ok: 0,
  failed: 1,
  usage: 2,
  notFound: 3,
  notAllowed: 4,
  conflict: 5,
  unavailable: 6,
  partial: 7,
  differences: 8,
  interrupted: 130,
} as const;

/** One of the CLI's exit codes. */
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

interface CodeRow {
  readonly retry: RetryPolicy;
  readonly grpc: GrpcStatusName;
  readonly exit: ExitCode;
  /** What a person can do about it, in one sentence. */
  readonly hint: string;
}

/**
 * Every error code of the product, in one table: retry policy, gRPC status, exit code, hint.
 * The first block are the codes of OCI distribution-spec 1.1 ("Error Codes"), spelled as registries send them.
 */
export const CODES = {
  BLOB_UNKNOWN: row(
    "never",
    "NOT_FOUND",
    EXIT.notFound,
    "The registry lost this blob or never had it; push the image to the source again.",
  ),
  BLOB_UPLOAD_INVALID: row(
    "restart",
    "ABORTED",
    EXIT.failed,
    "The upload starts again by itself; if it repeats, check for a proxy that changes requests.",
  ),
  BLOB_UPLOAD_UNKNOWN: row("restart", "ABORTED", EXIT.failed, "The upload session expired; it starts again by itself."),
  DIGEST_INVALID: row(
    "restart",
    "DATA_LOSS",
    EXIT.failed,
    "The registry received other bytes than were sent; check for a proxy or a failing disk on the way.",
  ),
  MANIFEST_BLOB_UNKNOWN: row(
    "retry",
    "ABORTED",
    EXIT.failed,
    "The target collected garbage during the copy; the missing blobs are sent again by themselves.",
  ),
  MANIFEST_INVALID: row(
    "never",
    "INVALID_ARGUMENT",
    EXIT.failed,
    "The manifest is malformed or of a kind that this registry refuses; look at it with `regctl manifest get`.",
  ),
  MANIFEST_UNKNOWN: row("never", "NOT_FOUND", EXIT.notFound, "Check the repository and tag, and whether the tag was deleted meanwhile."),
  MANIFEST_UNVERIFIED: row(
    "never",
    "INVALID_ARGUMENT",
    EXIT.failed,
    "The registry does not accept the manifest's signature; push the image again with a current tool.",
  ),
  NAME_INVALID: row(
    "never",
    "INVALID_ARGUMENT",
    EXIT.failed,
    "Repository names are lower case, parts separated by `/`; change the rule's namespace or repository.",
  ),
  NAME_UNKNOWN: row(
    "never",
    "NOT_FOUND",
    EXIT.notFound,
    "Check the repository's name; if it is right, check that the credential may see it.",
  ),
  SIZE_INVALID: row(
    "restart",
    "ABORTED",
    EXIT.failed,
    "The upload starts again by itself; if it repeats, check for a proxy that changes requests.",
  ),
  UPLOAD_TOO_LARGE: row(
    "never",
    "FAILED_PRECONDITION",
    EXIT.failed,
    "The registry, or a proxy in front of it, limits the size of a request too far; raise that limit (nginx: client_max_body_size).",
  ),
  TAG_INVALID: row("never", "INVALID_ARGUMENT", EXIT.failed, "Tags are at most 128 characters of letters, digits, `_`, `.` and `-`."),
  RANGE_INVALID: row("restart", "ABORTED", EXIT.failed, "The upload continues from the registry's own offset by itself."),
  UNAUTHORIZED: row(
    "never",
    "PERMISSION_DENIED",
    EXIT.notAllowed,
    "Check the instance's user name and password with `transship instance test NAME`.",
  ),
  DENIED: row(
    "never",
    "PERMISSION_DENIED",
    EXIT.notAllowed,
    "The credential is valid but lacks the right; grant pull on the source, push on the target.",
  ),
  UNSUPPORTED: row("never", "FAILED_PRECONDITION", EXIT.failed, "The registry does not offer this operation or has it switched off."),
  TOOMANYREQUESTS: row("retry-later", "RESOURCE_EXHAUSTED", EXIT.unavailable, "The registry limits requests; work goes on when it allows."),

  DIGEST_MISMATCH: row(
    "restart",
    "DATA_LOSS",
    EXIT.failed,
    "The bytes are not what their digest says; check the registry's storage, then push the image again.",
  ),
  SIZE_MISMATCH: row(
    "restart",
    "DATA_LOSS",
    EXIT.failed,
    "The body has another length than the manifest says; check the registry's storage and any proxy before it.",
  ),
  MANIFEST_TOO_LARGE: row(
    "never",
    "INVALID_ARGUMENT",
    EXIT.failed,
    "Manifests over 4 MiB are refused by registries; build a smaller image or index.",
  ),
  RESPONSE_MALFORMED: row(
    "retry",
    "INTERNAL",
    EXIT.failed,
    "The answer does not follow the OCI distribution spec; check that the URL is a registry's and not a proxy's or console's.",
  ),
  RESPONSE_TOO_LARGE: row(
    "never",
    "INTERNAL",
    EXIT.failed,
    "The answer is far larger than a registry should send; check that the URL is a registry's.",
  ),
  REGISTRY_FAILED: row("retry", "UNAVAILABLE", EXIT.unavailable, "The registry has an error of its own; look at its logs."),
  CONNECTION_FAILED: row(
    "retry",
    "UNAVAILABLE",
    EXIT.unavailable,
    "Check the URL, the network between agent and registry, and that the registry runs.",
  ),
  TIMED_OUT: row("retry", "DEADLINE_EXCEEDED", EXIT.unavailable, "No progress for too long; check the network and the registry's load."),
  TLS_FAILED: row(
    "never",
    "UNAVAILABLE",
    EXIT.unavailable,
    "Give the registry's CA with `caFile`, correct its certificate, or use an `http://` URL if it has no TLS.",
  ),
  PROXY_FAILED: row(
    "retry",
    "UNAVAILABLE",
    EXIT.unavailable,
    "Check that the proxy runs, that its address is right, and that it reaches the registry; its log says more.",
  ),
  PROXY_REFUSED: row(
    "never",
    "PERMISSION_DENIED",
    EXIT.notAllowed,
    "Have the proxy allow CONNECT to the host and port named here, or name another proxy.",
  ),
  PROXY_UNAUTHORIZED: row(
    "never",
    "PERMISSION_DENIED",
    EXIT.notAllowed,
    "Correct the endpoint's `proxyCredential` (of `copy` and `sync`, the login in HTTPS_PROXY or HTTP_PROXY); it is the proxy's own.",
  ),
  REDIRECT_REFUSED: row(
    "never",
    "PERMISSION_DENIED",
    EXIT.notAllowed,
    "The registry pointed to an address that credentials or bytes must not go to; correct the registry's external URL.",
  ),
  ADDRESS_REFUSED: row(
    "never",
    "PERMISSION_DENIED",
    EXIT.notAllowed,
    "Private and loopback addresses need `allowPrivate: true`; link-local and metadata addresses are never allowed.",
  ),
  RECEIVER_FAILED: row("retry", "UNAVAILABLE", EXIT.unavailable, "The receiver of the webhook did not take the event; look at its logs."),
  CREDENTIAL_UNAVAILABLE: row(
    "never",
    "PERMISSION_DENIED",
    EXIT.notAllowed,
    "Check docker's config.json and the credential helper named there, or log in again.",
  ),

  SOURCE_MOVED: row(
    "never",
    "ABORTED",
    EXIT.failed,
    "The source's tag moved after planning and the planned digest is gone; run the rule again.",
  ),
  TAG_IMMUTABLE: row(
    "never",
    "FAILED_PRECONDITION",
    EXIT.conflict,
    "The target forbids changing this tag; exclude it, or lift the immutability rule there.",
  ),
  TAG_CONFLICT: row(
    "never",
    "FAILED_PRECONDITION",
    EXIT.partial,
    "Look at `transship plan rule NAME`; then run the rule whose source is right with `transship rule run NAME --settle`, or delete the tag on the side that is wrong.",
  ),
  DELETION_CAPPED: row(
    "never",
    "FAILED_PRECONDITION",
    EXIT.partial,
    "Look at `transship plan rule NAME`; if the deletions are right, raise deletion.maxCount and deletion.maxShare of the rule and run it again.",
  ),
  TARGET_GC_RACE: row(
    "retry-later",
    "ABORTED",
    EXIT.failed,
    "The target keeps collecting blobs while they arrive; run its garbage collection at another time.",
  ),
  TARGET_UNCONFIRMED: row(
    "retry",
    "ABORTED",
    EXIT.failed,
    "The target accepted the tag but shows another digest; someone else may be pushing to it.",
  ),
  DISK_FULL: row(
    "retry-later",
    "RESOURCE_EXHAUSTED",
    EXIT.failed,
    "Free space in the agent's data directory, or give it a larger disk; work goes on by itself.",
  ),

  BORDER_CROSSED: row(
    "never",
    "PERMISSION_DENIED",
    EXIT.notAllowed,
    "Keep the replication inside one border, and let a rule carry what may cross it.",
  ),
  CONSENT_MISSING: row(
    "never",
    "PERMISSION_DENIED",
    EXIT.notAllowed,
    "Ask the owner of the other account, and record who agreed in spec.consent.",
  ),
  REPLICA_INCOMPLETE: row(
    "never",
    "FAILED_PRECONDITION",
    EXIT.conflict,
    "Wait until the replica is in step (`transship topology` shows it), or use --force and lose what it lacks.",
  ),
  NO_ROUTE: row(
    "retry-later",
    "FAILED_PRECONDITION",
    EXIT.unavailable,
    "Start an agent that reaches both instances, add an endpoint in a network that an agent is in, or name a relay on the rule.",
  ),
  LEASE_LOST: row("retry", "FAILED_PRECONDITION", EXIT.failed, "Another agent has the task now; nothing to do."),
  CANCELLED: row("never", "CANCELLED", EXIT.failed, "Stopped on request; run again when wanted: what arrived is kept."),
  INTERRUPTED: row("never", "CANCELLED", EXIT.interrupted, "Run the same command again to go on from where it stopped."),

  INVALID_ARGUMENT: row("never", "INVALID_ARGUMENT", EXIT.usage, "Correct the value and try again."),
  NOT_FOUND: row("never", "NOT_FOUND", EXIT.notFound, "Check the name; `transship <noun> list` shows what exists."),
  CONFLICT: row("never", "ALREADY_EXISTS", EXIT.conflict, "Look at the present state, then try again."),
  PLAN_STALE: row("never", "FAILED_PRECONDITION", EXIT.conflict, "Plan the rule again, look at the plan, and run that one."),
  UNAUTHENTICATED: row("never", "UNAUTHENTICATED", EXIT.notAllowed, "Give a valid token with `--token-file` or TRANSSHIP_TOKEN_FILE."),
  NOT_ALLOWED: row("never", "PERMISSION_DENIED", EXIT.notAllowed, "Use a token whose role may do this."),
  AGENT_NAME_TAKEN: row(
    "never",
    "ALREADY_EXISTS",
    EXIT.conflict,
    "Give the clone a name, a token and a data directory of its own, or stop the other process.",
  ),
  VERSION_SKEW: row("never", "FAILED_PRECONDITION", EXIT.failed, "Bring the older side to the newer side's version, one minor at a time."),
  CONTROL_PLANE_UNREACHABLE: row(
    "retry",
    "UNAVAILABLE",
    EXIT.unavailable,
    "Check `--server` (or TRANSSHIP_SERVER, or the context) and that the control plane runs.",
  ),
  WAIT_TIMED_OUT: row(
    "never",
    "DEADLINE_EXCEEDED",
    EXIT.unavailable,
    "The work goes on in the background; look with `transship execution get`.",
  ),
  DATA_DIR_IN_USE: row(
    "never",
    "FAILED_PRECONDITION",
    EXIT.conflict,
    "Stop the other process, or give this one a data directory of its own.",
  ),
  DATA_DIR_TOO_NEW: row(
    "never",
    "FAILED_PRECONDITION",
    EXIT.failed,
    "Use the newer version of Transship, or a backup of the data directory from before the upgrade.",
  ),
  DATA_DIR_UNUSABLE: row(
    "never",
    "FAILED_PRECONDITION",
    EXIT.failed,
    "Check that the directory exists, is writable and its disk is healthy.",
  ),
  PORT_IN_USE: row(
    "never",
    "FAILED_PRECONDITION",
    EXIT.conflict,
    "Choose another port (0 takes any free one), or stop the process that has it.",
  ),
  NODE_TOO_OLD: row(
    "never",
    "FAILED_PRECONDITION",
    EXIT.failed,
    "Run `npm ci` in the checkout, which brings the right Node, or install Node 24 or newer.",
  ),
  INTERNAL: row("retry", "INTERNAL", EXIT.failed, "This is a defect in Transship; please report it with the lines above."),
} as const satisfies Record<string, CodeRow>;

/** The code of an error: stable, documented, safe to match on. */
export type ErrorCode = keyof typeof CODES;

/** Whether `text` is a code of this table (for codes that come over the wire from a newer or foreign peer). */
export function isErrorCode(text: string): text is ErrorCode {
  return Object.hasOwn(CODES, text);
}

function row(retry: RetryPolicy, grpc: GrpcStatusName, exit: ExitCode, hint: string): CodeRow {
  return { retry, grpc, exit, hint };
}
