// Starts the proxy of a box as a process of its own, which ends when this one does, or with a box that lives on. The box
// makes the socket that it serves, and hands it over: so the proxy listens inside, and connects outside.
import { asFd, closeFile, type Fd, openFile, openSocketPair } from "#ffi/libc/fd.ts";
import { setSignalMask } from "#ffi/libc/process.ts";
import { receiveFd } from "#ffi/libc/receive-fd.ts";
import { rawSyscall, SyscallError } from "#ffi/libc/syscall.ts";
import { O } from "#ffi/uapi/fcntl.ts";
import { PR } from "#ffi/uapi/prctl.ts";
import { SIG } from "#ffi/uapi/signal.ts";
import { explainErrno, NsboxError } from "#src/error.ts";
import type { Egress } from "#src/spec/egress.ts";
import { openConnectionLog } from "./connection-log.ts";
import { processFinder } from "./find-process.ts";
import { serveProxy } from "./serve-proxy.ts";

/** The command, which help does not show: it takes what startProxy() gives. */
export const PROXY_COMMAND = "egress-proxy";

/** The proxy's stdin is the socket to the box, its stdout the log, its stderr for what it refuses, too. */
const SOCKET = asFd(0);
const LOG = asFd(1);
const REFUSALS = asFd(2);
/** Its third argument, where somebody reads what it refuses. */
const AUDITED = "audited";
/** Its first argument, where it is to live as long as somebody holds the other end of its socket. */
const WITH_BOX = "with-box";

export interface ProxyOptions {
  /** Where it says what it refuses; closed. */
  readonly refusals?: Fd | undefined;
  /** Its box lives on: the proxy ends with the last copy of the socket, and not with this process. */
  readonly livesOn?: boolean;
}

/** The proxy's process is running; the socket is for the box to send its listening socket over. */
export function startProxy(egress: Egress, { refusals, livesOn = false }: ProxyOptions = {}): Fd {
  const log = egress.log === undefined ? undefined : openLog(egress.log);
  const { reader, writer } = openSocketPair();
  const audited = refusals === undefined ? [] : [AUDITED];
  const until = livesOn ? WITH_BOX : String(process.pid);
  const child = Bun.spawn(["/proc/self/exe", PROXY_COMMAND, until, JSON.stringify(egress), ...audited], {
    stdio: [reader, log ?? "ignore", refusals ?? "ignore"],
    env: { LANG: "C.UTF-8" },
    // Ctrl-C is for the box: the proxy leaves the terminal's foreground group.
    detached: true,
  });
  child.unref();
  closeFile(reader);
  if (log !== undefined) closeFile(log);
  if (refusals !== undefined) closeFile(refusals);
  return writer;
}

/** The file of --net-log. Throws NsboxError ESPEC. */
export function openLog(path: string): Fd {
  try {
    return openFile(path, O.WRONLY | O.CREAT | O.APPEND, 0o600);
  } catch (cause) {
    if (!(cause instanceof SyscallError)) throw cause;
    throw new NsboxError("ESPEC", `Cannot use --net-log ${JSON.stringify(path)}: ${explainErrno(cause.errno)}`, {
      syscall: cause.syscall,
      errno: cause.errno,
      hint: "give a file in a folder that you can write to",
      cause,
    });
  }
}

/** The proxy's own process: serves until its launcher or its box ends. Throws NsboxError where nsbox did not start it. */
export async function runProxy(argv: readonly string[]): Promise<number> {
  const [launcher, policy, audited] = argv;
  if (launcher === undefined || policy === undefined) {
    throw new NsboxError("EUSAGE", `Cannot run ${PROXY_COMMAND}: it is started by nsbox run --allow-host`, {});
  }
  const egress = JSON.parse(policy) as Egress; // as startProxy() has written it
  let finish = (): void => undefined;
  process.on("SIGTERM", () => {
    finish();
    rawSyscall("exit_group", 0);
  });
  if (launcher === WITH_BOX) process.chdir("/");
  else rawSyscall("prctl", PR.SET_PDEATHSIG, SIG.TERM);
  setSignalMask(0n);
  // It may have ended before the prctl.
  if (launcher !== WITH_BOX && process.ppid !== Number(launcher)) return 0;
  const listener = receiveFd(SOCKET);
  if (listener === undefined || listener <= 0) return 0;
  const all = egress.log === undefined ? undefined : LOG;
  const refused = audited === AUDITED ? REFUSALS : undefined;
  const log =
    all === undefined && refused === undefined
      ? undefined
      : openConnectionLog({ all, refused }, processFinder(listener));
  finish = () => log?.finish();
  serveProxy(listener, { egress, log });
  if (launcher !== WITH_BOX) return new Promise<number>(() => undefined);
  await socketEnd();
  finish();
  return 0;
}

/** Until nobody has the other end open: nothing is ever written to it. */
async function socketEnd(): Promise<void> {
  const reader = Bun.file(SOCKET).stream().getReader();
  while (!(await reader.read()).done);
}
