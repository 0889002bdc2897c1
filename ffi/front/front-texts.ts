// The texts that the front's listings end with, as rows of them: what the engine is to know, where ready boxes lie, and
// which variables it looks at.
import type { Listing } from "#ffi/runner/x64.ts";
import { ENGINE_OPTION } from "./engine-option.ts";
import { DECIDING_VARIABLES, READY_FOLDER } from "./ready-layout.ts";

type Row = Listing[number];

function ascii(text: string): Row {
  return [new TextEncoder().encode(text).toHex(), `.ascii "${text}"`, ""];
}

function byte(value: number): Row {
  return [value.toString(16).padStart(2, "0"), `.byte ${value}`, ""];
}

/** A name with what follows it in an environment, its length before. */
function nameRows(name: string): readonly Row[] {
  return [byte(name.length + 1), ascii(`${name}=`)];
}

export const FRONT_TEXTS: Listing = [
  ["", "option:", ""],
  ascii(`${ENGINE_OPTION.name}=${ENGINE_OPTION.value}`),
  byte(0),
  ["", "folder:", ""],
  ascii(`/nsbox/${READY_FOLDER}/`),
  ["", "names:", ""],
  ...DECIDING_VARIABLES.flatMap(nameRows),
  byte(0),
];
