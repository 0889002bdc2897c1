// What an assembler makes of a listing's text.
import { readFileSync, writeFileSync } from "node:fs";
import type { Listing } from "#ffi/runner/x64.ts";
import { tempDir } from "./nsbox.ts";

const TOOLS = {
  x64: { prefix: "", head: ".intel_syntax noprefix" },
  arm64: { prefix: "aarch64-linux-gnu-", head: "" },
} as const;

/** Throws where a name is no label of the listing's: an assembler takes it for something else, or leaves it open. */
export function assembled(arch: "x64" | "arm64", listing: Listing): Uint8Array {
  using dir = tempDir();
  const { prefix, head } = TOOLS[arch];
  const source = dir.join("listing.s");
  const object = dir.join("listing.o");
  const binary = dir.join("listing.bin");
  writeFileSync(source, `${head}\n${listing.map(([, text]) => text).join("\n")}\n`);
  run(`${prefix}as`, "-o", object, source);
  const open = run(`${prefix}objdump`, "-r", object);
  if (open.includes(" R_")) throw new Error(`Cannot assemble a listing: it is not complete\n${open}`);
  run(`${prefix}objcopy`, "-O", "binary", "-j", ".text", object, binary);
  return new Uint8Array(readFileSync(binary));
}

function run(...command: string[]): string {
  const { exitCode, stdout, stderr } = Bun.spawnSync(command, { stdout: "pipe", stderr: "pipe" });
  if (exitCode !== 0) throw new Error(stderr.toString());
  return stdout.toString();
}
