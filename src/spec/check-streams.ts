// What a box may have as its standard streams. Pure.
import { NsboxError } from "#src/error.ts";
import type { HostFacts } from "./facts.ts";

const STREAMS = { 0: "stdin", 1: "stdout", 2: "stderr" } as const;

/** The number of a standard stream. */
export type Stream = keyof typeof STREAMS;

/**
 * Throws NsboxError ESPEC where a stream is a folder.
 *
 * SECURITY: an open folder of the host is a way out: what lies below it and beside it can be opened through
 * /proc/self/fd, behind all mounts of the box (as in CVE-2024-21626). --pass-fd passes one on purpose.
 */
export function checkStreams({ openFolders }: Pick<HostFacts, "openFolders">): void {
  for (const fd of openFolders) if (fd === 0 || fd === 1 || fd === 2) throw folderStream(fd);
}

/** What is said of one; compiled boxes look for themselves, and say the same. */
export function folderStream(stream: Stream): NsboxError {
  return new NsboxError("ESPEC", `Cannot start the box: ${STREAMS[stream]} is a folder, through which it could leave`, {
    hint: "give it something else, such as /dev/null, or show the folder with --ro",
  });
}
