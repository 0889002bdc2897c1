// Starts the keeper of the network of a box that lives on.
import { closeFile, type Fd, openMemfd, openPipe, readInto } from "#ffi/libc/fd.ts";
import { openPidfd } from "#ffi/libc/process.ts";
import { networkKeeperCalls } from "#src/plan/steps/network-keeper.ts";
import { type Farewell, NO_FAREWELL } from "#src/spec/network.ts";
import { type Helper, readErrors } from "./spawn-helper.ts";
import { startOutside } from "./start-outside.ts";

export interface NetworkKeeperOptions {
  readonly arch: "x64" | "arm64";
  /** The box's init, not reaped yet. */
  readonly box: number;
  /** What it takes back once the box has ended. */
  readonly farewell: Farewell;
  /** Sockets that it holds until then. */
  readonly holds: readonly number[];
}

/** Starts it; gives its PID. */
export function startNetworkKeeper({ arch, box, farewell, holds }: NetworkKeeperOptions): number {
  const calls = networkKeeperCalls({ helper: undefined, farewell });
  const pidfd = openPidfd(box);
  try {
    return startOutside({ name: "nsbox-net", calls, files: [pidfd], keep: holds as readonly Fd[] }, { arch }); // Fd is a number
  } finally {
    closeFile(pidfd);
  }
}

/** Starts it with the program that is the box's network, as spawnHelper() does without. Its own PID is given. */
export function spawnKeptHelper(command: readonly string[], box: number, farewell: Farewell = NO_FAREWELL): Helper {
  const helper = { command, env: [`PATH=${process.env["PATH"] ?? ""}`] };
  const ready = openPipe();
  const errors = openMemfd("nsbox-helper");
  const pidfd = openPidfd(box);
  try {
    const arch = process.arch === "arm64" ? "arm64" : "x64";
    const calls = networkKeeperCalls({ helper, farewell });
    const pid = startOutside({ name: "nsbox-net", calls, files: [pidfd, ready.writer, errors] }, { arch });
    closeFile(ready.writer);
    if (readInto(ready.reader, new Uint8Array(64)) > 0) return { pid };
    return { said: readErrors(errors) };
  } finally {
    for (const file of [ready.reader, errors, pidfd]) closeFile(file);
  }
}
