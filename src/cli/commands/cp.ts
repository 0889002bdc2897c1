// `nsbox cp`: files into a box, and out of it.
import { isatty } from "node:tty";
import { JSON_OPTIONS, type JsonDraft } from "#src/cli/box-options.ts";
import { requireBox, requireRunning } from "#src/cli/box-words.ts";
import { parseOptions } from "#src/cli/parse.ts";
import { NsboxError } from "#src/error.ts";
import { printError, printOut } from "#src/host/print.ts";
import { type CopyPath, copyBetween, copyFromTar, copyToTar } from "#src/state/box-files.ts";
import type { Copied } from "#src/state/copy-tree.ts";

const HINT = "write nsbox cp BOX:PATH FOLDER, or nsbox cp FILE BOX:PATH; - for a folder or file is a tar archive";

/** Prints nothing where all was copied. Throws NsboxError. */
export async function cpCommand(argv: readonly string[]): Promise<number> {
  const draft: JsonDraft = { json: false };
  const { words } = parseOptions(JSON_OPTIONS, draft, argv, { command: "cp", stopAtWord: false });
  const [source, target, ...rest] = words;
  if (source === undefined || target === undefined || rest.length > 0) {
    throw new NsboxError("EUSAGE", "Cannot cp: it takes what to copy, and where to", { hint: HINT });
  }
  const { files, skipped } = copy(source, target);
  for (const name of draft.json ? [] : skipped)
    printError(`nsbox: left out ${JSON.stringify(name)}: it is neither a file, a folder nor a link\n`);
  if (draft.json && target !== STREAM) printOut(`${JSON.stringify({ files, skipped })}\n`);
  return 0;
}

const STREAM = "-";

function copy(source: string, target: string): Copied {
  const [from, to] = [parseSide(source), parseSide(target)];
  if (from.process === undefined && to.process === undefined) {
    throw new NsboxError("EUSAGE", "Cannot cp: neither side is in a box", { hint: HINT });
  }
  if (target === STREAM) {
    refuseTerminal();
    return copyToTar(from);
  }
  if (source === STREAM) return copyFromTar(to);
  return copyBetween(from, to);
}

function refuseTerminal(): void {
  if (!isatty(1)) return;
  throw new NsboxError("EUSAGE", "Cannot write an archive to a terminal: it is not text", {
    hint: "hand it on: nsbox cp BOX:PATH - | tar -x, or > FILE.tar",
  });
}

/** "web:/etc/hosts"; a path with a slash before its colon is the host's. */
function parseSide(word: string): CopyPath {
  const match = /^([a-zA-Z0-9][\w.-]*):(.*)$/s.exec(word);
  if (match === null) return { process: undefined, path: word };
  const [, name = "", path = ""] = match;
  const box = requireRunning("cp", requireBox(name));
  return { process: box.record.process, path: path === "" ? "/" : path };
}
