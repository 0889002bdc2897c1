// Each obstacle is put up for real, in a namespace, a chroot or a filter of the test's own, and the doctor has to find it.
import { expect, test } from "bun:test";
import { copyFileSync, mkdirSync, readFileSync, symlinkSync } from "node:fs";
import type { Diagnosis, Finding } from "#src/doctor/finding.ts";
import { describeWith, testWith } from "#test/support/needs.ts";
import { compileC, NSBOX, nsbox, runCommand, type RunOptions, tempDir } from "#test/support/nsbox.ts";

interface Examined extends Diagnosis {
  readonly exitCode: number;
  find(name: string): Finding;
}

/** Runs the doctor as the last word of a command. */
async function examine(command: readonly string[] = [], options: RunOptions = {}): Promise<Examined> {
  const { stdout, stderr, exitCode } = await runCommand([...command, NSBOX, "doctor", "--json"], options);
  if (!stdout.startsWith("{")) throw new Error(`the doctor said nothing: ${stderr}`);
  const diagnosis = JSON.parse(stdout) as Diagnosis; // what finding.ts documents
  return {
    ...diagnosis,
    exitCode,
    find: (name) => {
      const row = diagnosis.findings.find((finding) => finding.name === name);
      if (row === undefined) throw new Error(`there is no finding "${name}"`);
      return row;
    },
  };
}

/** A user namespace and others of the test's own; the script goes before the doctor. */
function within(unshare: string, script: string): readonly string[] {
  return ["unshare", ...unshare.split(" "), "sh", "-c", `${script} && exec "$@"`, "sh"];
}

/** As Docker's default filter has it: user namespaces are EPERM, clone3 is ENOSYS; or CALL alone is EPERM. */
const FILTER = `
#include <errno.h>
#include <stddef.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>
#define DATA(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define REFUSE(error) BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error)
int main(int argc, char **argv) {
  struct sock_filter code[] = {
    DATA(nr),
#ifdef CALL
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, CALL, 0, 1), REFUSE(EPERM),
#else
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone3, 0, 1), REFUSE(ENOSYS),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_unshare, 0, 1), REFUSE(EPERM),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_keyctl, 0, 1), REFUSE(EPERM),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone, 0, 3),
    DATA(args[0]),
    BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 0x10000000, 0, 1), REFUSE(EPERM),
#endif
    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  struct sock_fprog program = { sizeof code / sizeof *code, code };
  if (argc < 2 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, 2, &program)) return 99;
  execv(argv[1], argv + 1);
  return 98;
}`;

describeWith(["userns"], "nsbox doctor", () => {
  test("finds that boxes work where they do, and exits with 0", async () => {
    const seen = await examine();
    expect(seen).toMatchObject({ works: true, exitCode: 0 });
    expect(seen.first).toBeUndefined();
    for (const name of ["run", "kernel", "user-namespaces", "apparmor", "namespaces", "fresh-proc", "memfd-exec"])
      expect(seen.find(name)).toMatchObject({ answer: "yes" });
  });

  test("agrees with run about each thing that it has tried", async () => {
    const seen = await examine();
    const trials = { overlay: ["--overlay"], "time-namespace": ["--boottime", "1"], "id-ranges": ["--subids"] };
    for (const [name, flags] of Object.entries(trials)) {
      const { exitCode } = await nsbox(["run", ...flags, "--", "true"]);
      expect({ name, works: seen.find(name).answer === "yes" }).toEqual({ name, works: exitCode === 0 });
    }
  });

  test("gives evidence for every finding, and a remedy for each that does not hold", async () => {
    const { findings } = await examine(within("-Ur", "echo 0 > /proc/sys/user/max_user_namespaces"));
    expect(findings.filter(({ evidence }) => evidence === "")).toEqual([]);
    expect(findings.filter(({ answer, remedy }) => (answer === "no" || answer === "partly") && !remedy)).toEqual([]);
  });

  test("finds user.max_user_namespaces = 0, exits with 1 and says what to type", async () => {
    const seen = await examine(within("-Ur", "echo 0 > /proc/sys/user/max_user_namespaces"));
    expect(seen).toMatchObject({ works: false, exitCode: 1 });
    expect(seen.find("user-namespaces")).toMatchObject({ answer: "no" });
    expect(seen.find("user-namespaces").evidence).toContain("user.max_user_namespaces is 0");
    expect(seen.first).toBe("as root, sysctl user.max_user_namespaces=15000");
    expect(seen.find("namespaces").answer).toBe("unknown");
    expect(seen.meanwhile !== undefined).toBe(seen.find("no-namespaces").answer === "yes");
  });

  test.each(["net", "uts", "ipc", "pid", "cgroup", "mnt"])("finds user.max_%s_namespaces = 0", async (type) => {
    const seen = await examine(within("-Ur", `echo 0 > /proc/sys/user/max_${type}_namespaces`));
    expect(seen).toMatchObject({
      works: false,
      exitCode: 1,
      first: `as root, sysctl user.max_${type}_namespaces=15000`,
    });
    expect(seen.find("user-namespaces").answer).toBe("yes");
    expect(seen.find("namespaces")).toMatchObject({ answer: "no" });
    expect(seen.find("namespaces").evidence).toContain("ENOSPC");
  });

  test("what it says to type is what mends it", async () => {
    const broken = "echo 0 > /proc/sys/user/max_net_namespaces";
    const { first } = await examine(within("-Ur", broken));
    const [, name, value] = /^as root, sysctl user\.(\w+)=(\d+)$/.exec(first ?? "") ?? [];
    const seen = await examine(within("-Ur", `${broken}; echo ${value} > /proc/sys/user/${name}`));
    expect(seen).toMatchObject({ works: true, exitCode: 0 });
  });

  test("finds that time namespaces are used up, without which boxes still work", async () => {
    const seen = await examine(within("-Ur", "echo 0 > /proc/sys/user/max_time_namespaces"));
    expect(seen).toMatchObject({ works: true, exitCode: 0 });
    expect(seen.find("time-namespace")).toMatchObject({ answer: "no" });
  });

  test("finds a chroot, in which the kernel makes no user namespaces", async () => {
    using root = tempDir();
    for (const name of ["usr", "proc", "dev", "tmp", "etc"]) mkdirSync(root.join(name));
    for (const name of ["bin", "lib", "lib64"]) symlinkSync(`usr/${name}`, root.join(name));
    const binds = ["usr", "proc", "dev"].map((name) => `mount --rbind /${name} ${root.join(name)}`).join(" && ");
    const copy = `cp ${NSBOX} ${root.join("nsbox")}`;
    const { stdout, exitCode } = await runCommand([
      ...within("-Urm", `${binds} && ${copy}`),
      ...["chroot", root.path, "/nsbox", "doctor", "--json"],
    ]);
    const { first, findings } = JSON.parse(stdout) as Diagnosis; // as above
    expect(exitCode).toBe(1);
    expect(findings.find(({ name }) => name === "user-namespaces")?.evidence).toContain("in a chroot");
    expect(first).toBe("use pivot_root instead of chroot, or run nsbox outside it");
  });

  testWith(["cc"], "finds a seccomp filter that refuses user namespaces, as containers have", async () => {
    using filter = compileC(FILTER);
    const seen = await examine([filter.path]);
    expect(seen).toMatchObject({ works: false, exitCode: 1 });
    expect(seen.find("user-namespaces")).toMatchObject({ answer: "no" });
    expect(seen.find("user-namespaces").evidence).toMatch(/a seccomp filter is in force.*EPERM/);
    expect(seen.first).toContain("--security-opt seccomp=unconfined");
    expect(seen.find("clone3").answer).toBe("partly");
    expect(seen.find("keyrings").answer).toBe("partly");
    expect(seen.find("surroundings").evidence).toContain("a seccomp filter is in force");
  });

  testWith(["cc"], "says which call a filter refuses, where nothing more is known of it", async () => {
    using filter = compileC(FILTER, ["-DCALL=SYS_pidfd_open"]);
    const seen = await examine([filter.path]);
    expect(seen).toMatchObject({ works: false, exitCode: 1 });
    expect(seen.find("run")).toMatchObject({ answer: "no", evidence: expect.stringMatching(/pidfd_open.*EPERM/) });
  });

  testWith(
    ["cc", "landlock"],
    "finds a filter that refuses Landlock, and doesn't take it for an old kernel",
    async () => {
      using filter = compileC(FILTER, ["-DCALL=SYS_landlock_create_ruleset"]);
      const seen = await examine([filter.path]);
      expect(seen.find("landlock")).toMatchObject({
        answer: "no",
        evidence: "landlock_create_ruleset is refused, and a seccomp filter is in force",
        remedy: expect.stringContaining("seccomp=unconfined"),
      });
      expect(seen.works).toBe(true);
    },
  );

  testWith(["root", "memfd-noexec"], "finds that programs in memory can't be run", async () => {
    const seen = await examine(within("-Urpmf --mount-proc", "echo 2 > /proc/sys/vm/memfd_noexec"));
    expect(seen.find("memfd-exec")).toMatchObject({ answer: "no", evidence: "vm.memfd_noexec = 2" });
    expect(seen.exitCode).toBe(1);
  });

  test("finds that parts of /proc are covered, so that no fresh one can be mounted", async () => {
    const seen = await examine(within("-Urpmf --mount-proc", "mount -t tmpfs none /proc/irq"));
    expect(seen).toMatchObject({ works: false, exitCode: 1 });
    expect(seen.find("user-namespaces").answer).toBe("yes");
    expect(seen.find("fresh-proc")).toMatchObject({ answer: "no" });
    expect(seen.find("fresh-proc").evidence).toContain("EPERM");
    expect(seen.first).toContain("nsbox run --proc bind");
    expect(seen.find("surroundings").evidence).toContain("/proc/irq");
  });

  test("finds that it is in a user namespace, and in a box", async () => {
    expect((await examine(["unshare", "-Ur"])).find("surroundings").evidence).toContain("a user namespace of its own");
    // In a box nothing of the way to another box is left, unless --nested says so.
    expect(await examine([NSBOX, "run", "--ro", NSBOX, "--"])).toMatchObject({ works: false, exitCode: 1 });
  });

  test("finds that newuidmap is not in PATH", async () => {
    using dir = tempDir();
    for (const name of ["true", "sleep"]) symlinkSync(`/usr/bin/${name}`, dir.join(name));
    const seen = await examine([], { env: { PATH: dir.path } });
    const isRoot = process.getuid?.() === 0;
    expect(seen.find("newuidmap").answer).toBe(isRoot ? "yes" : "no");
    for (const name of ["firewall", "user-network"])
      expect(seen.find(name)).toMatchObject({ answer: "no", remedy: expect.stringContaining("apt install") });
  });

  testWith(["unprivileged", "newuidmap"], "finds that newuidmap has lost its rights under no_new_privs", async () => {
    expect((await examine()).find("id-ranges").answer).toBe("yes");
    const seen = await examine(["setpriv", "--no-new-privs"]);
    expect(seen.find("newuidmap")).toMatchObject({ answer: "no" });
    expect(seen.find("newuidmap").evidence).toContain("no_new_privs");
    expect(seen.find("id-ranges").answer).toBe("no");
    expect(seen.works).toBe(true);
  });

  testWith(
    ["unprivileged", "newuidmap"],
    "finds a newuidmap that has no rights, as on a disk without them",
    async () => {
      using dir = tempDir();
      for (const name of ["true", "sleep"]) symlinkSync(`/usr/bin/${name}`, dir.join(name));
      for (const name of ["newuidmap", "newgidmap"]) copyFileSync(`/usr/bin/${name}`, dir.join(name));
      const seen = await examine([], { env: { PATH: dir.path } });
      expect(seen.find("newuidmap")).toMatchObject({
        answer: "no",
        remedy: expect.stringContaining("chmod u+s"),
      });
      expect(seen.find("newuidmap").evidence).toContain("neither set-user-ID root nor with capabilities");
    },
  );

  testWith(["root"], "finds a user without subordinate ids, and groups that can't be made", async () => {
    using dir = tempDir();
    const copy = dir.join("nsbox");
    await runCommand(["cp", NSBOX, copy]);
    await runCommand(["chmod", "755", dir.path]);
    const user = ["setpriv", "--reuid=54321", "--regid=54321", "--clear-groups", copy, "doctor", "--json"];
    const { findings } = JSON.parse((await runCommand(user)).stdout) as Diagnosis; // as above
    const find = (name: string): Finding | undefined => findings.find((finding) => finding.name === name);
    expect(find("subordinate-ids")).toMatchObject({
      answer: "no",
      evidence: "/etc/subuid gives uid 54321 0 ids, /etc/subgid 0",
      remedy: expect.stringContaining("usermod --add-subuids"),
    });
    expect(find("id-ranges")?.answer).toBe("unknown");
    expect(find("cgroup-delegation")?.answer).toBe("no");
  });

  test("finds hidepid where /proc has it", async () => {
    const seen = await examine(within("-Urpmf", "mount -t proc -o hidepid=2 proc /proc"));
    const shown = seen.find("hidepid");
    expect(shown.answer).toBe("yes");
    expect(shown.evidence).toMatch(/hidepid=(2|invisible), which hides nothing from root/);
  });

  testWith(["root"], "finds hidepid, which hides the processes of others from an ordinary user", async () => {
    using dir = tempDir();
    const copy = dir.join("nsbox");
    await runCommand(["cp", NSBOX, copy]);
    const { stdout } = await runCommand([
      ...["unshare", "-mpf", "sh", "-c", 'mount -t proc -o hidepid=2 proc /proc && exec "$@"', "sh"],
      ...["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", copy, "doctor", "--json"],
    ]);
    const { findings } = JSON.parse(stdout) as Diagnosis; // as above
    expect(findings.find(({ name }) => name === "hidepid")).toMatchObject({
      answer: "partly",
      remedy: "as root, mount -o remount,hidepid=0 /proc",
    });
  });

  test("does not take for cgroup v2 what is covered by another mount", async () => {
    const seen = await examine(within("-Urm", "mount -t tmpfs none /sys"));
    expect(seen.find("cgroup2")).toMatchObject({ answer: "no", evidence: "cgroup2 is mounted nowhere" });
    expect(seen.find("cgroup-delegation").answer).toBe("unknown");
  });

  test("leaves no file and no mount behind", async () => {
    using dir = tempDir();
    const mounts = readFileSync("/proc/self/mountinfo", "utf8");
    await examine([], { cwd: dir.path });
    expect([...new Bun.Glob("**").scanSync({ cwd: dir.path, dot: true })]).toEqual([]);
    expect(readFileSync("/proc/self/mountinfo", "utf8")).toBe(mounts);
  });

  test("takes no words, and prints text for people", async () => {
    const wrong = await nsbox(["doctor", "please"]);
    expect(wrong).toMatchObject({ exitCode: 125, stdout: "" });
    expect(wrong.stderr).toContain('Cannot examine "please"');
    const { stdout } = await nsbox(["doctor"]);
    expect(stdout).toContain("nsbox run works here.");
    expect(stdout).not.toContain("\x1b");
  });
});
