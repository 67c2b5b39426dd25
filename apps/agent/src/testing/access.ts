import type { wire } from "@transship/api";

/** Access to a registry at `url`. */
export function accessTo(url: string, credential?: wire.Credential): wire.RegistryAccess {
  return { instance: "tested", endpoint: { url, network: "public", address: "", ca: "" }, credential };
}
