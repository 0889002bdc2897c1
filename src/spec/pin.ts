// What `nsbox ns pin` is asked for: plain data, like the Spec of a box.
import type { NamespaceType } from "./spec.ts";

/** Namespaces that are to outlive every process in them, under one name. */
export interface PinSpec {
  readonly name: string;
  /** In the order of NAMESPACE_TYPES; one at least. */
  readonly types: readonly NamespaceType[];
  readonly hostname: string | undefined;
  readonly domainname: string | undefined;
  /** Seconds that its clocks are ahead, see time_namespaces(7). */
  readonly timeOffsets: { readonly monotonic: number; readonly boottime: number };
}
