// What commands about several boxes print when they have done it.
import { printOut } from "#src/host/print.ts";

/** Names, a line each, or as JSON; gives the exit code. */
export function printNames(boxes: readonly { readonly name: string }[], json: boolean): number {
  const names = boxes.map((box) => box.name);
  printOut(json ? `${JSON.stringify(names)}\n` : names.map((name) => `${name}\n`).join(""));
  return 0;
}
