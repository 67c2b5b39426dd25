import ipaddr from "ipaddr.js";

/**
 * How far an address reaches, for deciding where foreign text may send us.
 * `forbidden` addresses are never what anybody means: link-local, unspecified, multicast, reserved, and the metadata services of clouds.
 */
export type AddressClass = "public" | "private" | "loopback" | "forbidden";

/** Metadata services that are outside 169.254.0.0/16: Alibaba, Azure's wire server, Oracle, AWS over IPv6. */
const METADATA = new Set(["100.100.100.200", "168.63.129.16", "192.0.0.192", "fd00:ec2::254"]);

/** Classifies an IP address (v4, v6, v4-mapped, NAT64); anything that is no address is `forbidden`. Brackets around IPv6 are allowed. */
export function classifyAddress(text: string): AddressClass {
  const bare = text.startsWith("[") && text.endsWith("]") ? text.slice(1, -1) : text;
  const zone = bare.indexOf("%");
  const literal = zone < 0 ? bare : bare.slice(0, zone);
  if (!ipaddr.isValid(literal)) return "forbidden";
  const address = unwrap(ipaddr.parse(literal));
  if (METADATA.has(address.toString())) return "forbidden";
  switch (address.range()) {
    case "unicast":
      return "public";
    case "loopback":
      return "loopback";
    case "private":
    case "uniqueLocal":
    case "carrierGradeNat":
      return "private";
    default:
      return "forbidden";
  }
}

/** The IPv4 address inside an IPv4-mapped or NAT64 (RFC 6052) one, which reaches the same machine. */
function unwrap(address: ipaddr.IPv4 | ipaddr.IPv6): ipaddr.IPv4 | ipaddr.IPv6 {
  if (!(address instanceof ipaddr.IPv6)) return address;
  if (address.isIPv4MappedAddress()) return address.toIPv4Address();
  if (address.range() === "rfc6052") return ipaddr.fromByteArray(address.toByteArray().slice(12));
  return address;
}

/** Whether a URL's host is an IP literal: those are connected to without any name lookup. */
export function isAddressLiteral(hostname: string): boolean {
  return ipaddr.isValid(hostname.startsWith("[") ? hostname.slice(1, -1) : hostname);
}
