// What is left to do on the host once a box has ended. Its init could not do it: it saw only the box.
import { existsSync, lstatSync, rmdirSync, unlinkSync, writeFileSync } from "node:fs";
import type { BoxRecord } from "./box-record.ts";

/** Removes what was made on the host to keep the box from making it; once, as it may be wanted there later. */
export function settleBox({ record, folder }: { readonly record: BoxRecord; readonly folder: string }): void {
  const placeholders = record.spec.box.protected.flatMap(({ make }) => make ?? []);
  const settled = `${folder}/settled`;
  if (placeholders.length === 0 || existsSync(settled)) return;
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
