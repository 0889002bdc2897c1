// The variable by which dist/nsbox tells its engine an option (ffi/front/engine-option.ts): the engine knows it, and
// nobody else ever does.
import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { ENGINE_OPTION, ENGINE_PREFIX } from "#ffi/front/engine-option.ts";
import { openBoxState } from "#test/support/box-state.ts";
import { describeWith, testWith } from "#test/support/needs.ts";
import { NSBOX, nsbox, runCommand, tempDir, waitFor } from "#test/support/nsbox.ts";
import { openReadyBoxes } from "#test/support/ready-boxes.ts";

type Env = Readonly<Record<string, string>>;

const PATH = process.env["PATH"] ?? "";
const INSPECT = ["inspect", String(process.pid)];

/** What strace tells of a command and its children. */
async function traced(calls: string, command: readonly string[], env: Env): Promise<string> {
  using dir = tempDir();
  const strace = ["strace", "-f", "-qq", "-v", "-s", "4096", "-o", dir.join("calls"), "-e", `trace=${calls}`];
  const { exitCode, stderr } = await runCommand([...strace, ...command], { env: { ...env, PATH } });
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  return readFileSync(dir.join("calls"), "utf8");
}

describeWith(["strace"], "the engine", () => {
  const threads = async (env: Env): Promise<number> =>
    (await traced("clone,clone3", [NSBOX, ...INSPECT], env)).split("\n").length - 1;

  test("starts no thread for an inspect", async () => {
    expect(await threads({})).toBe(0);
  });

  test("control: it would; and whoever sets an option of the engine's gets all as they want them", async () => {
    expect(await threads({ [ENGINE_OPTION.name]: "1" })).toBeGreaterThan(0);
    expect(await threads({ BUN_JSC_useConcurrentGC: "1" })).toBeGreaterThan(0);
    expect(await threads({ BUN_JSC: "1", BUN: "1", B: "" })).toBe(0);
  });
});

describeWith(["userns"], "the engine's option", () => {
  const all = ["run", "--env-all", "--", "env"];

  test.each<[what: string, env: Env]>([
    ["through the engine", { NSBOX_READY: "0" }],
    ["with another variable", { OTHER: "1" }],
  ])("is no command's, %s", async (_what, env) => {
    const { stdout, exitCode } = await nsbox(all, { env: { ...env, PATH } });
    expect(exitCode).toBe(0);
    expect(stdout).toContain(`PATH=`);
    expect(stdout).not.toContain(ENGINE_PREFIX);
  });

  test("is no command's, for the first time or in a box that is ready", async () => {
    using boxes = openReadyBoxes();
    for (let time = 1; time <= 4; time++) {
      const { stdout, exitCode } = await boxes.run(all.slice(1));
      expect([exitCode, stdout.includes(ENGINE_PREFIX), stdout.includes("PATH=")]).toEqual([0, false, true]);
    }
    expect(Object.keys(boxes.look()).length).toBe(1);
  });

  test("is passed on where it is the caller's own", async () => {
    for (const value of ["1", "false"]) {
      const { stdout } = await nsbox(all, { env: { PATH, NSBOX_READY: "0", [ENGINE_OPTION.name]: value } });
      expect(stdout).toContain(`${ENGINE_OPTION.name}=${value}\n`);
    }
  });

  testWith(["strace"], "is given to no program that nsbox executes", async () => {
    await using boxes = openBoxState();
    const init = await boxes.start("a", "tr '\\0' '\\n' </proc/1/environ; env; echo end; sleep 1000", ["--env-all"]);
    await waitFor(() => boxes.log("a").endsWith("end\n"), "the box's own answer");
    expect(boxes.log("a") + readFileSync(`/proc/${init}/environ`, "utf8")).not.toContain(ENGINE_PREFIX);
    const runs: readonly (readonly string[])[] = [
      ["run", "--", "true"],
      ["run", "--env-all", "--timeout", "9s", "--", "true"],
      ["run", "--net", "none", "--", "sh", "-c", "/bin/true; true"],
      ["run", "--allow-host", "example.com", "--", "true"],
      ["exec", "a", "true"],
      ["exec", String(process.pid), "true"],
      ["demo", "uts"],
      [...INSPECT],
    ];
    for (const words of runs) {
      const said = await traced("execve,execveat", [NSBOX, ...words], boxes.env);
      expect(said).toContain("exec");
      expect(said).toContain("PATH=");
      expect([words, said.split("\n").filter((line) => line.includes(ENGINE_PREFIX))]).toEqual([words, []]);
    }
  });
});
