// The status file of a box, read back; its layout is in src/spec/status-layout.ts.
import { CLD, SIG, signalName } from "#ffi/uapi/signal.ts";
import { SIGINFO, STATUS, STATUS_VERSION } from "#src/spec/status-layout.ts";

/** How a command ended. */
export interface BoxEnd {
  /** The command's own, or 128+N where signal N ended it. */
  readonly exitCode: number;
  /** undefined where it ended by itself. */
  readonly signal: string | undefined;
  /** Milliseconds since 1970. */
  readonly at: number;
}

export interface BoxStatus {
  /** How often the command has been started; 0: the init has not come that far. */
  readonly starts: number;
  readonly startedAt: number;
  /** The command's PID inside the box. */
  readonly command: number;
  /** undefined: the command has not ended since its last start, or nobody could write that down. */
  readonly end: BoxEnd | undefined;
}

/** Parses the status file; undefined where it is not one. */
export function parseStatusFile(bytes: Uint8Array): BoxStatus | undefined {
  if (bytes.length !== STATUS.bytes) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const word = (at: number): number => Number(view.getBigInt64(at, true));
  const time = (at: number): number => word(at) * 1000 + Math.floor(word(at + 8) / 1_000_000);
  const version = word(STATUS.version);
  if (version === 0) return { starts: 0, startedAt: 0, command: 0, end: undefined };
  if (version !== STATUS_VERSION) return undefined;
  const code = view.getInt32(STATUS.siginfo + SIGINFO.code, true);
  const status = view.getInt32(STATUS.siginfo + SIGINFO.status, true);
  const signal = code === CLD.EXITED ? undefined : status;
  const end = {
    exitCode: signal === undefined ? status : 128 + signal,
    signal: signal === undefined ? undefined : signalName(signal),
    at: time(STATUS.endedAt),
  };
  return {
    starts: word(STATUS.starts),
    startedAt: time(STATUS.startedAt),
    command: word(STATUS.command),
    end: code === 0 ? undefined : end,
  };
}

/** The same file once somebody has seen that the init was killed and with it the command. */
export function killedStatusFile(bytes: Uint8Array, at: number): Uint8Array {
  const killed = bytes.slice();
  const view = new DataView(killed.buffer);
  view.setBigInt64(STATUS.endedAt, BigInt(Math.floor(at / 1000)), true);
  view.setBigInt64(STATUS.endedAt + 8, BigInt((at % 1000) * 1_000_000), true);
  view.setInt32(STATUS.siginfo + SIGINFO.code, CLD.KILLED, true);
  view.setInt32(STATUS.siginfo + SIGINFO.status, SIG.KILL, true);
  return killed;
}
