// allowHosts: the proxy of a box, served by this process. The box makes the socket, and hands it over.
import { closeFile, type Fd, openSocketPair } from "#ffi/libc/fd.ts";
import { receiveFd } from "#ffi/libc/receive-fd.ts";
import { openConnectionLog } from "#src/egress/connection-log.ts";
import { processFinder } from "#src/egress/find-process.ts";
import { serveProxy } from "#src/egress/serve-proxy.ts";
import { openLog } from "#src/egress/start-proxy.ts";
import type { Egress } from "#src/spec/egress.ts";

/** The name that the plan has for the box's end. */
export const EGRESS_SOCKET = "egress-socket";

export interface HostServer {
  /** For the box; to be closed once it is started. */
  readonly forBox: Fd;
  /** Serves, once the box stands or its first process is there. */
  serve(): void;
  close(): void;
}

/** Throws NsboxError ESPEC where the log can't be opened. */
export function openHostServer(egress: Egress): HostServer {
  const log = egress.log === undefined ? undefined : openLog(egress.log);
  const { reader, writer } = openSocketPair();
  let stop = (): void => closeFile(reader);
  return {
    forBox: writer,
    serve() {
      const listener = receiveFd(reader);
      closeFile(reader);
      stop = () => undefined;
      if (listener === undefined || listener <= 0) return;
      const connections =
        log === undefined ? undefined : openConnectionLog({ all: log, refused: undefined }, processFinder(listener));
      const server = serveProxy(listener, { egress, log: connections });
      server.unref();
      stop = () => {
        server.close();
        connections?.finish();
      };
    },
    close() {
      stop();
      if (log !== undefined) closeFile(log);
    },
  };
}
