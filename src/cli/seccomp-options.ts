// The flags of `seccomp`.
import { NsboxError } from "#src/error.ts";
import { parseCapabilities } from "#src/spec/grammar/parse-capability.ts";
import type { Option } from "./option.ts";

export interface SeccompDraft {
  arch: "x64" | "arm64" | undefined;
  /** Names with CAP_, or "ALL"; undefined: those of a box. */
  caps: string[] | undefined;
  nested: boolean;
  json: boolean;
}

const ARCHES = { x64: "x64", amd64: "x64", x86_64: "x64", arm64: "arm64", aarch64: "arm64" } as const;

export const SECCOMP_OPTIONS: readonly Option<SeccompDraft>[] = [
  {
    name: "arch",
    value: "x64|arm64",
    group: "Box",
    doc: "for this machine; else for the one nsbox runs on",
    apply: (draft, value) => {
      draft.arch = Object.entries(ARCHES).find(([name]) => name === value)?.[1];
      if (draft.arch !== undefined) return;
      throw new NsboxError("EUSAGE", `Cannot use --arch ${JSON.stringify(value)}: nsbox does not run there`, {
        hint: "write x64 or arm64",
      });
    },
  },
  {
    name: "caps",
    value: "CAP,…",
    repeatable: true,
    group: "Box",
    doc: "for a box that holds these, all, or none; else for the default set",
    apply: (draft, value) => {
      draft.caps = [...(draft.caps ?? []), ...(value === "none" ? [] : parseCapabilities("--caps", value))];
    },
  },
  {
    name: "nested",
    group: "Box",
    doc: "for a box made with --nested",
    apply: (draft) => {
      draft.nested = true;
    },
  },
  {
    name: "json",
    group: "Output",
    doc: "print it as JSON",
    apply: (draft) => {
      draft.json = true;
    },
  },
];
