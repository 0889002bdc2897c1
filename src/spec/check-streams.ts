// What a box may have as its standard streams. Pure.
import { NsboxError } from "#src/error.ts";
import type { HostFacts } from "./facts.ts";

const STREAMS: Readonly<Record<number, string>> = { 0: "stdin", 1: "stdout", 2: "stderr" };

/**
 * Throws NsboxError ESPEC where a stream is a folder.
 *
 * SECURITY: an open folder of the host is a way out: what lies below it and beside it can be opened through
 * /proc/self/fd, behind all mounts of the box (as in CVE-2024-21626). --pass-fd passes one on purpose.
 */
export function checkStreams({ openFolders }: Pick<HostFacts, "openFolders">): void {
  for (const fd of openFolders) {
    const stream = STREAMS[fd];
    if (stream !== undefined) throw folderStream(stream);
  }
}

function folderStream(stream: string): NsboxError {
  return new NsboxError("ESPEC", `Cannot start the box: ${stream} is a folder, through which it could leave`, {
    hint: `give it something else, such as /dev/null, or show the folder with --ro`,
  });
}
