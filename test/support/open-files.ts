// What this process has open, for tests of what leaves nothing behind.
import { fstatSync, readdirSync } from "node:fs";
import { waitFor } from "./nsbox.ts";

/** Each descriptor with what it is of: "17 14:4711", by device and inode. */
export function openFiles(): readonly string[] {
  return readdirSync("/proc/self/fd").flatMap((fd) => identityOf(Number(fd)) ?? []);
}

/** undefined for the descriptor that has listed the others. */
function identityOf(fd: number): string | undefined {
  try {
    const { dev, ino } = fstatSync(fd);
    return `${fd} ${dev}:${ino}`;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EBADF") return undefined;
    throw error;
  }
}

/**
 * What is open that wasn't. Bun closes what nobody uses any more when it collects the garbage, of earlier tests too: so
 * what has gone since tells nothing.
 */
export function openedSince(before: readonly string[]): readonly string[] {
  Bun.gc(true);
  return openFiles().filter((file) => !before.includes(file));
}

/** Waits for that to be nothing, where Bun itself has had a part in it and closes in its own time. */
export async function closedSince(before: readonly string[]): Promise<void> {
  await waitFor(() => openedSince(before).length === 0, "descriptors to be closed");
}
