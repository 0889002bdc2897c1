// Which sockets of the host a box is about to reach. Loaded only where it is shown more than by default.
import { readText } from "#ffi/libc/fd.ts";
import { SyscallError } from "#ffi/libc/syscall.ts";
import {
  abstractSockets,
  exposureWarning,
  type HostSocket,
  knownSockets,
  pathsInside,
  showsAbstractSockets,
} from "#src/spec/exposed-sockets.ts";
import type { HostFacts } from "#src/spec/facts.ts";
import type { Spec } from "#src/spec/spec.ts";
import { isSocket } from "./read-facts.ts";

/** A line of warning for each, as `run` prints it. */
export function readExposureWarnings(spec: Spec, facts: HostFacts): readonly string[] {
  const warnings = knownSockets(facts.env).flatMap((socket) => {
    const [inside] = pathsInside(spec, socket.address);
    return inside !== undefined && isSocket(socket.address) ? [exposureWarning(socket, inside)] : [];
  });
  if (!showsAbstractSockets(spec, facts.landlockAbi)) return warnings;
  return [...warnings, ...readAbstract().map((socket) => exposureWarning(socket, socket.address))];
}

function readAbstract(): readonly HostSocket[] {
  try {
    return abstractSockets(readText("/proc/net/unix"));
  } catch (error) {
    if (error instanceof SyscallError) return [];
    throw error;
  }
}
