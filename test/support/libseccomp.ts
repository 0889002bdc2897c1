// libseccomp and the kernel as judges of our filters: the same profile through libseccomp, and any filter in the kernel.
import { writeFileSync } from "node:fs";
import { SECCOMP_RET } from "#ffi/uapi/seccomp.ts";
import { ACTIONS, type ActionName, WITH_DATA } from "#src/seccomp/actions.ts";
import type { SyscallData } from "#src/seccomp/policy.ts";
import { type Instruction, packProgram, unpackProgram, CODE } from "#src/seccomp/program.ts";
import { compileC, type CProgram, tempDir } from "./nsbox.ts";

/** Lines "ACTION NAME COUNT [INDEX OP VALUE VALUE2]…", the first with the default action; BPF goes to stdout. */
const EXPORT_SOURCE = `
#include <errno.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
static int compare(const char *op) {
  const char *names[] = {"", "NE", "LT", "LE", "EQ", "GE", "GT", "MASKED_EQ"};
  for (int n = 1; n < 8; n++) if (strcmp(op, names[n]) == 0) return n;
  exit(2);
}
int main(void) {
  unsigned action, count;
  if (scanf("%u", &action) != 1) return 2;
  scmp_filter_ctx filter = seccomp_init(action);
  seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
  char name[64], op[16];
  while (scanf("%u %63s %u", &action, name, &count) == 3) {
    struct scmp_arg_cmp args[6];
    for (unsigned n = 0; n < count; n++) {
      unsigned index; unsigned long long a, b;
      if (scanf("%u %15s %llu %llu", &index, op, &a, &b) != 4) return 2;
      args[n] = (struct scmp_arg_cmp){index, compare(op), a, b};
    }
    int nr = seccomp_syscall_resolve_name(name);
    if (nr < 0) continue;
    int result = seccomp_rule_add_array(filter, action, nr, count, args);
    if (result == 0 || result == -EEXIST) continue;
    fprintf(stderr, "%s: %s\\n", name, strerror(-result));
    return 1;
  }
  return seccomp_export_bpf(filter, 1) == 0 ? 0 : 1;
}`;

/** argv: a filter, calls as rows of seven words. A child asks the kernel about each, and dies without another call. */
const JUDGE_SOURCE = `
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
static void *map(const char *path, long *size) {
  struct stat stat;
  int fd = open(path, O_RDONLY);
  if (fd < 0 || fstat(fd, &stat) != 0) _exit(2);
  *size = stat.st_size;
  return mmap(0, stat.st_size, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
}
static long ask(unsigned long *c) {
  long result;
  register long r10 __asm__("r10") = c[4], r8 __asm__("r8") = c[5], r9 __asm__("r9") = c[6];
  __asm__ volatile("syscall" : "=a"(result) : "a"(c[0]), "D"(c[1]), "S"(c[2]), "d"(c[3]), "r"(r10), "r"(r8), "r"(r9)
                   : "rcx", "r11", "memory");
  return result;
}
int main(int argc, char **argv) {
  long filter_size, calls_size;
  struct sock_fprog program = {.filter = map(argv[1], &filter_size)};
  unsigned long *calls = map(argv[2], &calls_size);
  long count = calls_size / 56;
  int *results = mmap(0, count * 4 + 1, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  program.len = filter_size / 8;
  pid_t child = fork();
  if (child == 0) {
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) _exit(3);
    if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) != 0) _exit(4);
    for (long n = 0; n < count; n++) results[n] = -ask(calls + n * 7);
    __builtin_trap();
  }
  int status;
  waitpid(child, &status, 0);
  if (!WIFSIGNALED(status)) return WEXITSTATUS(status) + 10;
  return write(1, results, count * 4) == count * 4 ? 0 : 1;
}`;

/** A rule as libseccomp takes it. */
export interface LibseccompRule {
  readonly ret: number;
  readonly name: string;
  readonly args: readonly { index: number; op: string; value: bigint; valueTwo: bigint }[];
}

export interface Libseccomp extends Disposable {
  /** The program that libseccomp makes of the rules. */
  export(defaultRet: number, rules: readonly LibseccompRule[]): readonly Instruction[];
}

/** libseccomp's own numbers for actions differ from the kernel's in one. */
function actionNumber(ret: number): number {
  return ret === ACTIONS.SCMP_ACT_KILL ? 0 : ret;
}

export function openLibseccomp(): Libseccomp {
  const program = compileC(EXPORT_SOURCE, ["-lseccomp"]);
  return {
    export: (defaultRet, rules) => {
      const lines = rules.map(({ ret, name, args }) => {
        const words = args.map(({ index, op, value, valueTwo }) => `${index} ${op} ${value} ${valueTwo}`);
        return `${actionNumber(ret)} ${name} ${args.length} ${words.join(" ")}`;
      });
      const stdin = Buffer.from(`${actionNumber(defaultRet)}\n${lines.join("\n")}\n`);
      const { exitCode, stdout, stderr } = Bun.spawnSync([program.path], { stdin, stdout: "pipe", stderr: "pipe" });
      if (exitCode !== 0) throw new Error(`libseccomp does not take the profile: ${stderr.toString()}`);
      return unpackProgram(new Uint8Array(stdout));
    },
    [Symbol.dispose]: () => program[Symbol.dispose](),
  };
}

export interface Judge extends Disposable {
  /** What the kernel makes of each call under this filter, as the filter's own answers. */
  verdicts(program: readonly Instruction[], calls: readonly SyscallData[]): readonly number[];
}

/** Errnos that no call gives: each stands for one answer, so that nothing is carried out and nobody is killed. */
const FIRST_MARK = 3000;

export function openJudge(): Judge {
  const judge: CProgram = compileC(JUDGE_SOURCE);
  return {
    verdicts: (program, calls) => {
      using dir = tempDir();
      const answers = [...new Set(program.flatMap(({ code, k }) => (code === CODE.ret ? [k] : [])))];
      const marked = program.map((one) =>
        one.code === CODE.ret ? { ...one, k: SECCOMP_RET.ERRNO | (FIRST_MARK + answers.indexOf(one.k)) } : one,
      );
      writeFileSync(dir.join("filter"), packProgram(marked));
      const words = calls.flatMap(({ nr, args }) => [
        BigInt(nr),
        ...Array.from({ length: 6 }, (_, n) => args[n] ?? 0n),
      ]);
      writeFileSync(dir.join("calls"), new Uint8Array(new BigUint64Array(words).buffer));
      const command = [judge.path, dir.join("filter"), dir.join("calls")];
      const { exitCode, stdout } = Bun.spawnSync(command, { stdout: "pipe", stderr: "inherit" });
      if (exitCode !== 0) throw new Error(`the judge ended with ${exitCode}`);
      const results = new Int32Array(new Uint8Array(stdout).buffer);
      return [...results].map((result) => answers[result - FIRST_MARK] ?? Number.NaN);
    },
    [Symbol.dispose]: () => judge[Symbol.dispose](),
  };
}

/** A rule as the files have it; read here once more, by other code than ours. */
export interface RawRule {
  readonly names: readonly string[];
  readonly action: string;
  readonly errnoRet?: number;
  readonly args?: readonly { index: number; op: string; value: number | bigint; valueTwo: number | bigint }[] | null;
  readonly includes?: { readonly caps?: readonly string[]; readonly arches?: readonly string[] };
  readonly excludes?: { readonly caps?: readonly string[]; readonly arches?: readonly string[] };
}

/** A profile as the files have it. */
export interface RawProfile {
  readonly defaultAction: string;
  readonly defaultErrnoRet?: number;
  readonly syscalls: readonly RawRule[];
}

/** What a filter answers for an action. */
export function retOf(action: string, errnoRet: number | undefined): number {
  const name = action as ActionName; // what is not one ends in NaN, which libseccomp refuses
  return (ACTIONS[name] | (WITH_DATA.includes(name) ? (errnoRet ?? 1) : 0)) >>> 0;
}

/** The rules that count on x86-64 with these capabilities. */
export function libseccompRules(profile: RawProfile, caps: readonly string[]): readonly LibseccompRule[] {
  const fallback = retOf(profile.defaultAction, profile.defaultErrnoRet);
  return profile.syscalls
    .filter(({ includes, excludes }) => {
      const wanted = (includes?.caps ?? []).every((cap) => caps.includes(cap));
      const here = includes?.arches === undefined || includes.arches.includes("amd64");
      return wanted && here && !(excludes?.caps ?? []).some((cap) => caps.includes(cap));
    })
    .flatMap(({ names, action, errnoRet, args }) => {
      const ret = retOf(action, errnoRet);
      if (ret === fallback) return [];
      const compared = (args ?? []).map(({ index, op, value, valueTwo }) => ({
        ...{ index, op: op.replace("SCMP_CMP_", "") },
        ...{ value: BigInt(value), valueTwo: BigInt(valueTwo) },
      }));
      return names.map((name) => ({ ret, name, args: compared }));
    });
}
