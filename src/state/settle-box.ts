// What is left to do on the host once a box has ended. Its init could not do it: it saw only the box.
import { existsSync, lstatSync, rmdirSync, rmSync, unlinkSync, writeFileSync } from "node:fs";
import { removeCgroup } from "#src/cgroup/box-cgroup.ts";
import { NO_FAREWELL } from "#src/spec/network.ts";
import type { BoxRecord } from "./box-record.ts";

/**
 * Removes what was made on the host to keep the box from making it, and what its network left where the keeper of that
 * was killed; once, as it may be wanted there later.
 */
export function settleBox({ record, folder }: { readonly record: BoxRecord; readonly folder: string }): void {
  const placeholders = record.spec.box.protected.flatMap(({ make }) => make ?? []);
  const { files, commands } = record.farewell ?? NO_FAREWELL;
  // Gone already, where it is settled; it stays where what runs in it is not the box's any more.
  if (record.spec.linux.cgroup !== undefined) removeCgroup(record.spec.linux.cgroup.path);
  const settled = `${folder}/settled`;
  if (placeholders.length + files.length + commands.length === 0 || existsSync(settled)) return;
  // They name what was made for this box alone, and fail where that is gone.
  for (const command of commands)
    Bun.spawnSync([...command], { stdio: ["ignore", "ignore", "ignore"], env: process.env });
  for (const file of files) rmSync(file, { force: true });
  for (const { host, isFile } of placeholders) {
    const stat = lstatSync(host, { throwIfNoEntry: false });
    if (stat === undefined || stat.isFile() !== isFile) continue;
    if (!isFile) removeEmpty(host);
    else if (stat.size === 0) unlinkSync(host);
  }
  writeFileSync(settled, "", { mode: 0o600 });
}

function removeEmpty(folder: string): void {
  try {
    rmdirSync(folder);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code !== "ENOTEMPTY" && code !== "ENOENT" && code !== "ENOTDIR") throw error;
  }
}
