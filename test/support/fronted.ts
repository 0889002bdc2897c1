// Engines for tests of the front: small executables that say how they were entered, and what they found open and mapped.
import { closeSync, openSync, readFileSync, writeFileSync, writeSync } from "node:fs";
import { addFront } from "#ffi/front/add-front.ts";
import { PHDR } from "#ffi/front/program-headers.ts";
import { READY_BASE } from "#ffi/front/ready-layout.ts";
import { tempDir } from "./nsbox.ts";

/** How long a program header is, see getauxval(3). */
const AT_PHENT = 4;

/** What stands for a build in tests. */
export const BUILD = 0x1122_3344_5566_7789n;

/**
 * Says who it is, and all that it was given.
 *
 * Entered before the C library: what the loader left in rdx, and where the stack is, is kept before anything runs.
 */
const C_SOURCE = `
#define _GNU_SOURCE
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>
unsigned long saved[2];
__asm__(".globl before\\nbefore:\\nmov %rdx, saved(%rip)\\nmov %rsp, saved+8(%rip)\\njmp _start\\n");
static void last(void) { puts("the end"); }
int main(int argc, char **argv, char **envp) {
  atexit(last);
  printf("%s: %d words, stack %lu, words behind it %d, rdx %d\\n", WHO, argc, saved[1] % 16,
         *(long *)saved[1] == argc && argv == (char **)(saved[1] + 8), saved[0] != 0);
  for (int n = 0; n < argc; n++) printf("<%s>\\n", argv[n]);
  if (argv[argc]) return 1;
  for (char **one = envp; *one; one++) printf("[%s]\\n", *one);
  unsigned long *behind = (unsigned long *)envp;
  while (*behind++);
  while (*behind && *behind != AT_PAGESZ) behind += 2;
  printf("environ %d, variables behind the words %d, what the kernel says behind them %d\\n", environ == envp,
         envp == argv + argc + 1, behind[0] == AT_PAGESZ && behind[1] == getauxval(AT_PAGESZ));
  sigset_t held;
  sigprocmask(SIG_BLOCK, NULL, &held);
  for (int n = 1; n < 65; n++) if (sigismember(&held, n) == 1) printf("held %d\\n", n);
  DIR *open = opendir("/proc/self/fd");
  for (struct dirent *one; open && (one = readdir(open));)
    if (one->d_name[0] != '.' && atoi(one->d_name) != dirfd(open)) printf("open %s\\n", one->d_name);
  char line[5000];
  FILE *maps = fopen("/proc/self/maps", "r");
  while (maps && fgets(line, sizeof line, maps))
    if (strtoul(line, NULL, 16) >> 32 == ${READY_BASE / 2 ** 32}) printf("mapped %s", line);
  return 0;
}`;

/** An executable for x86-64 that says \`who\` it is. Throws where it can't be compiled. */
export function cEngine(path: string, who: string, flags: readonly string[] = ["-static"]): void {
  using dir = tempDir();
  writeFileSync(dir.join("engine.c"), C_SOURCE);
  const places = ["-no-pie", "-fno-pie", "-Wl,--build-id", "-Wl,-e,before"];
  run("gcc", "-O1", "-Wall", "-Werror", ...flags, ...places, `-DWHO="${who}"`, "-o", path, dir.join("engine.c"));
}

/** As C_SOURCE, for arm64: no compiler is needed. Which descriptor comes next tells of one that is open. */
const ARM64_SOURCE = `
.macro say text
  adr x1, 9f
  mov x2, #(8f - 9f)
  bl write
  b 7f
9: .ascii "\\text"
8: .balign 4
7:
.endm
.macro digit
  add w0, w0, #0x30
  strb w0, [sp, #-16]!
  mov x1, sp
  mov x2, #1
  bl write
  add sp, sp, #16
.endm
.global _start
_start:
  mov x20, sp
  mov x21, x0
  mov x22, x30
  say "engine: stack "
  and x0, x20, #15
  digit
  say ", x0 "
  cmp x21, #0
  cset x0, ne
  digit
  say "\\n"
  add x23, x20, #8
words:
  ldr x24, [x23], #8
  cbz x24, variables
  say "<"
  bl text
  say ">\\n"
  b words
environs:
  say "environ "
  mov x9, #0
  ENVIRON
  cmp x9, x23
  cset x0, eq
  digit
  say "\\n"
variables:
  ldr x24, [x23], #8
  cbz x24, files
  say "["
  bl text
  say "]\\n"
  b variables
files:
kernel:
  ldp x9, x10, [x23], #16
  cbz x9, said
  cmp x9, #${AT_PHENT}
  b.ne kernel
said:
  say "what the kernel says behind them "
  cmp x10, #${PHDR.bytes}
  cset x0, eq
  digit
  say ", next file "
  mov x0, #-100
  adr x1, root
  mov x2, #0
  mov x8, #56
  svc #0
  digit
  mov x0, #${READY_BASE}
  mov x1, #4096
  mov x2, #1
  mov w3, #0x22
  movk w3, #0x10, lsl #16
  mov x4, #-1
  mov x5, #0
  mov x8, #222
  svc #0
  mov x25, x0
  say ", mapped "
  mov x9, #${READY_BASE}
  cmp x25, x9
  cset x0, ne
  digit
  say "\\n"
  mov x0, #0
  mov x8, #94
  svc #0
text:
  mov x1, x24
  mov x2, #-1
1:
  add x2, x2, #1
  ldrb w9, [x1, x2]
  cbnz w9, 1b
write:
  mov x0, #1
  mov x8, #64
  svc #0
  ret
root: .asciz "/"
`;

const ARM64_ENVIRON = "adrp x9, environ\nldr x9, [x9, #:lo12:environ]";
const ARM64_LIBS = "/usr/aarch64-linux-gnu/lib";
const ARM64_LOADED: readonly string[] = [
  ...["--dynamic-linker", `${ARM64_LIBS}/ld-linux-aarch64.so.1`, "--rpath", ARM64_LIBS],
  ...["--no-as-needed", `${ARM64_LIBS}/libc.so.6`],
];

/** An executable for arm64 that says "engine"; `loaded`: by ld.so, which leaves something in x0. */
export function arm64Engine(path: string, loaded = false): void {
  using dir = tempDir();
  writeFileSync(dir.join("engine.s"), ARM64_SOURCE.replace("ENVIRON", loaded ? ARM64_ENVIRON : ""));
  run("aarch64-linux-gnu-as", "-o", dir.join("engine.o"), dir.join("engine.s"));
  const flags = loaded ? ARM64_LOADED : ["-static"];
  run("aarch64-linux-gnu-ld", "-no-pie", "--build-id", "-o", path, dir.join("engine.o"), ...flags);
}

function run(...command: string[]): void {
  const { exitCode, stderr } = Bun.spawnSync(command, { stdio: ["ignore", "ignore", "pipe"] });
  if (exitCode !== 0) throw new Error(`Cannot make an engine:\n${stderr.toString()}`);
}

/** As scripts/build.ts does it. Throws where the executable is of another kind. */
export function fitFront(path: string): void {
  const fronted = addFront(new Uint8Array(readFileSync(path)), BUILD);
  if (fronted === undefined) throw new Error("Cannot fit a front: the engine is of another kind");
  const file = openSync(path, "r+");
  try {
    writeSync(file, fronted.code, 0, fronted.code.length, fronted.offset);
    writeSync(file, fronted.head, 0, fronted.head.length, 0);
  } finally {
    closeSync(file);
  }
}
