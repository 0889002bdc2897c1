// `nsbox rename`: another name for a box.
import { JSON_OPTIONS, type JsonDraft } from "#src/cli/box-options.ts";
import { requireBox } from "#src/cli/box-words.ts";
import { parseOptions } from "#src/cli/parse.ts";
import { NsboxError } from "#src/error.ts";
import { printOut } from "#src/host/print.ts";
import { parseName } from "#src/spec/grammar/parse-identity.ts";
import { renameBox } from "#src/state/box-store.ts";

/** Prints the new name. Throws NsboxError. */
export async function renameCommand(argv: readonly string[]): Promise<number> {
  const draft: JsonDraft = { json: false };
  const { words } = parseOptions(JSON_OPTIONS, draft, argv, { command: "rename", stopAtWord: false });
  const [name, wanted, ...rest] = words;
  if (name === undefined || wanted === undefined || rest.length > 0) {
    throw new NsboxError("EUSAGE", "Cannot rename: it takes a box and its new name", {
      hint: "write nsbox rename BOX NAME",
    });
  }
  const box = requireBox(name);
  renameBox(box, parseName(wanted));
  if (box.life !== "ended" && box.record.spec.linux.namespaces.net.kind !== "host") {
    const { renameInNetworks } = await import("#src/net/rename-box.ts");
    renameInNetworks(box.record.process.pid, name, wanted);
  }
  printOut(draft.json ? `${JSON.stringify({ name: wanted })}\n` : `${wanted}\n`);
  return 0;
}
