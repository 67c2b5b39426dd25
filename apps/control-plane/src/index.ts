export { type ControlPlane, startControlPlane } from "./control-plane.ts";
export type { ControlPlaneOptions, HostAndPort, TlsFiles } from "./options.ts";
