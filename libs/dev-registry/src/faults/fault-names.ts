import type { FaultAction, FaultKind } from "./fault.ts";
import { IMMUTABLE_FORMS, isImmutableForm } from "./immutable-words.ts";

/** A fault as it is written on a command line: `NAME=VALUE`. */
export interface FaultName {
  /** What VALUE is, for help; absent: the fault takes none. */
  readonly value?: string;
  readonly description: string;
  /** Reads VALUE; undefined when it is not what `value` says. */
  readonly read: (value: string) => FaultAction | undefined;
}

/** Every kind of fault, its value and what it does; help and error messages print this table. */
export const FAULT_NAMES = {
  "cut-after": bytes("reset the connection after so many bytes of a blob", (count) => ({ kind: "cut-after", bytes: count })),
  "stall-after": bytes("send so many bytes of a blob, then nothing", (count) => ({ kind: "stall-after", bytes: count })),
  "truncate-after": bytes("close the connection cleanly in the middle of a blob", (count) => ({ kind: "truncate-after", bytes: count })),
  slow: bytes("send or take only so many bytes a second", (rate) => (rate > 0 ? { kind: "slow", bytesPerSecond: rate } : undefined)),
  delay: milliseconds("wait before answering", (time) => ({ kind: "delay", milliseconds: time })),
  status: {
    value: "CODE[html]",
    description: "answer with a status; with `html` the body is a proxy's error page",
    read: (value) => {
      const match = /^([45]\d\d)(html)?$/.exec(value);
      return match === null ? undefined : { kind: "status", status: Number(match[1]), html: match[2] !== undefined };
    },
  },
  "too-many-requests": {
    value: "[SECONDS|DATE]",
    description: "answer 429, with this Retry-After if one is given",
    read: (value) => ({ kind: "too-many-requests", ...(value === "" ? {} : { retryAfter: value }) }),
  },
  "flip-bit": bytes("change one bit of the byte at this offset of a blob", (offset) => ({ kind: "flip-bit", offset })),
  overlong: {
    value: "BYTES[unannounced]",
    description: "send so many bytes more than the blob has; `unannounced`: more than Content-Length says, too",
    read: (value) => {
      const announced = !value.endsWith("unannounced");
      const count = parseBytes(value.replace(/unannounced$/, ""));
      return count === undefined ? undefined : { kind: "overlong", bytes: count, announced };
    },
  },
  "lying-content-range": bytes("claim in Content-Range that a part starts so many bytes later", (shift) => ({
    kind: "lying-content-range",
    shift,
  })),
  "ignore-range": plain("send the whole blob though a range was asked for", { kind: "ignore-range" }),
  "wrong-digest-header": plain("send another Docker-Content-Digest", { kind: "wrong-digest-header" }),
  redirect: {
    value: "[URL]",
    description: "redirect a blob to this address, by default to the registry's own second port",
    read: (value) => (value === "" || URL.canParse(value) ? { kind: "redirect", ...(value === "" ? {} : { location: value }) } : undefined),
  },
  malformed: plain("answer 429 with bare line feeds, which HTTP parsers refuse", { kind: "malformed" }),
  trickle: milliseconds("send the answer's head byte by byte, one in so many milliseconds, without end", (time) =>
    time > 0 ? { kind: "trickle", milliseconds: time } : undefined,
  ),
  "expired-token": plain("answer 401 as if the token had expired", { kind: "expired-token" }),
  "read-only": plain("answer 403 to everything that writes", { kind: "read-only" }),
  "lost-session": plain("forget an upload session when it is used next", { kind: "lost-session" }),
  "wrong-offset": {
    value: "DELTA",
    description: "add this to the offset that the upload status tells (with op=blob-patch: the answer to a chunk)",
    read: (value) => (/^-?\d{1,15}$/.test(value) ? { kind: "wrong-offset", delta: Number(value) } : undefined),
  },
  "foreign-location": {
    value: "URL",
    description: "send an upload on to this address",
    read: (value) => (URL.canParse(value) ? { kind: "foreign-location", location: value } : undefined),
  },
  "drop-answer": plain("take a chunk, then reset the connection instead of answering", { kind: "drop-answer" }),
  "lying-mount": plain("answer 201 to a mount, and mount nothing", { kind: "lying-mount" }),
  "gc-race": plain("collect the blobs of a manifest just before it arrives", { kind: "gc-race" }),
  "late-blob": milliseconds("accept a blob and hide it for a while", (time) => ({ kind: "late-blob", milliseconds: time })),
  "immutable-tags": {
    value: `[${IMMUTABLE_FORMS.join("|")}]`,
    description: "refuse to move a tag that exists with another digest, in this vendor's words (harbor)",
    read: (value) => {
      const form = value === "" ? "harbor" : value;
      return isImmutableForm(form) ? { kind: "immutable-tags", form } : undefined;
    },
  },
} as const satisfies { readonly [K in FaultKind]: FaultName };

const UNITS = { "": 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 } as const;

/** Reads `1048576`, `512KiB`, `1MiB` or `2GiB` into bytes. */
export function parseBytes(text: string): number | undefined {
  const match = /^(\d{1,15})(KiB|MiB|GiB)?$/.exec(text);
  return match === null ? undefined : Number(match[1]) * UNITS[(match[2] ?? "") as keyof typeof UNITS];
}

function bytes(description: string, action: (count: number) => FaultAction | undefined): FaultName {
  return {
    value: "BYTES",
    description,
    read: (value) => {
      const count = parseBytes(value);
      return count === undefined ? undefined : action(count);
    },
  };
}

function milliseconds(description: string, action: (time: number) => FaultAction | undefined): FaultName {
  return { value: "MILLISECONDS", description, read: (value) => (/^\d{1,9}$/.test(value) ? action(Number(value)) : undefined) };
}

function plain(description: string, action: FaultAction): FaultName {
  return { description, read: (value) => (value === "" ? action : undefined) };
}
