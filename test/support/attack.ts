// An attack is a script that prints PWNED when it has got through. It runs in a default box, where it must not, and once
// more with the defence switched off, where it must: so that the test is known to bite.
import { expect, test } from "bun:test";
import { inBox } from "./box.ts";
import { describeWith, type Need } from "./needs.ts";
import { runCommand, type RunResult, tempDir, type TempDir } from "./nsbox.ts";

export interface Attack {
  /** Which lines of docs/security.md this is about. */
  readonly line: number;
  readonly name: string;
  /** A shell script; DIR is a folder of the host, with `secret` in it, that a default box doesn't see. */
  readonly script: string;
  /** Flags of the box that is attacked, where the default ones leave nothing to attack; DIR is replaced. */
  readonly flags?: readonly string[];
  /** How the same script gets through: with these flags, without any box, or why that can't be shown. */
  readonly control: { readonly flags: readonly string[] } | "outside" | { readonly none: string };
  readonly needs?: readonly Need[];
  /** Runs on the host before the box starts; DIR is replaced. */
  readonly prepare?: string;
}

const PWNED = "PWNED";

/** Every attack of a table: it fails in the box, and its control gets through. */
export function testAttacks(title: string, attacks: readonly Attack[]): void {
  for (const attack of attacks) {
    describeWith(["userns", ...(attack.needs ?? [])], `${title}, ${attack.line}: ${attack.name}`, () => {
      test("fails in a box", async () => {
        using dir = await prepare(attack);
        const { stdout, stderr } = await attempt(attack, attack.flags ?? [], dir);
        expect({ stdout, stderr }).not.toMatchObject({ stdout: expect.stringContaining(PWNED) });
      });

      const { control } = attack;
      if (typeof control === "object" && "none" in control) return;
      test(
        control === "outside" ? "gets through outside" : `gets through with ${control.flags.join(" ")}`,
        async () => {
          using dir = await prepare(attack);
          const { stdout, stderr } =
            control === "outside"
              ? await runCommand(["sh", "-c", withDir(attack.script, dir)])
              : await attempt(attack, control.flags, dir);
          expect({ stdout, stderr }).toMatchObject({ stdout: expect.stringContaining(PWNED) });
        },
      );
    });
  }
}

async function prepare(attack: Attack): Promise<TempDir> {
  const dir = tempDir();
  await Bun.write(dir.join("secret"), "the secret\n");
  if (attack.prepare === undefined) return dir;
  const { exitCode, stderr } = await runCommand(["sh", "-ec", withDir(attack.prepare, dir)]);
  if (exitCode !== 0) throw new Error(`Cannot prepare "${attack.name}": ${stderr}`);
  return dir;
}

function attempt(attack: Attack, flags: readonly string[], dir: TempDir): Promise<RunResult> {
  return inBox(
    flags.map((flag) => withDir(flag, dir)),
    withDir(attack.script, dir),
  );
}

function withDir(text: string, dir: TempDir): string {
  return text.replaceAll("DIR", dir.path);
}
