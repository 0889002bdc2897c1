// Writes prebuilt.ts: a unit test holds that it is fresh.
import { compilePolicy } from "./compile.ts";
import type { Prebuilt } from "./default-filter.ts";
import { defaultPolicy } from "./default-policy.ts";
import type { Arch } from "./policy.ts";
import { packProgram } from "./program.ts";

/** The default profile compiled for a machine. */
export function buildPrebuilt(arch: Arch): Prebuilt {
  const { program, lifts } = compilePolicy(defaultPolicy(arch));
  return { program: packProgram(program).toBase64(), lifts };
}

/** The text of prebuilt.ts. */
export function prebuiltSource(): string {
  const rows = (["x64", "arm64"] as const).map((arch) => {
    const { program, lifts } = buildPrebuilt(arch);
    const names = Object.entries(lifts).map(
      ([name, at]) => `      ${name}: ${JSON.stringify(at).replaceAll(",", ", ")},`,
    );
    return `  ${arch}: {\n    program:\n      "${program}",\n    lifts: {\n${names.join("\n")}\n    },\n  },`;
  });
  return `// Made from default-profile.ts by its unit test under NSBOX_TEST_UPDATE=1: not to be edited.
import type { Prebuilt } from "./default-filter.ts";

/** The default profile as programs of BPF. */
export const PREBUILT: Readonly<Record<"x64" | "arm64", Prebuilt>> = {
${rows.join("\n")}
};
`;
}
