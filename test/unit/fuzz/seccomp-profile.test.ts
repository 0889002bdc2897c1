// Seccomp profiles of random data: a profile that compiles and answers, or an NsboxError, and nothing else, ever.
import { describe, expect, test } from "bun:test";
import { compilePolicy, NATIVE } from "#src/seccomp/compile.ts";
import { interpret } from "#src/seccomp/interpret.ts";
import { parseProfile } from "#src/seccomp/parse-profile.ts";
import { decide } from "#src/seccomp/policy.ts";
import { resolveProfile } from "#src/seccomp/resolve-profile.ts";
import { randomProfile } from "#test/support/random-profile.ts";
import { pick, type Random, randomText, seededRandom, tryRandomly } from "#test/support/random-text.ts";

const WORDS = [
  ...["SCMP_ACT_ALLOW", "SCMP_ACT_ERRNO", "SCMP_CMP_EQ", "SCMP_CMP_MASKED_EQ", "SCMP_ARCH_X86_64", "EPERM", "4.8"],
  ...["read", "clone", "SCMP_ACT_NOTIFY", "/run/agent.sock", "CAP_SYS_ADMIN", "amd64", "SECCOMP_FILTER_FLAG_LOG"],
];
const KEYS = [
  ...["defaultAction", "defaultErrnoRet", "defaultErrno", "architectures", "archMap", "flags", "syscalls", "linux"],
  ...["names", "name", "action", "errnoRet", "errno", "args", "includes", "excludes", "comment"],
  ...[
    "listenerPath",
    "listenerMetadata",
    "index",
    "value",
    "valueTwo",
    "op",
    "caps",
    "arches",
    "minKernel",
    "__proto__",
    "toString",
  ],
];
const SCALARS: readonly unknown[] = [
  null,
  true,
  0,
  1,
  5,
  6,
  -1,
  1.5,
  Number.NaN,
  4095,
  2 ** 53,
  2n ** 64n,
  2n ** 64n - 1n,
];

function randomData(random: Random, depth: number): unknown {
  const kind = random(depth > 3 ? 3 : 6);
  if (kind === 0) return SCALARS[random(SCALARS.length)];
  if (kind < 3) return random(3) === 0 ? randomText(random, WORDS) : pick(random, WORDS);
  if (kind < 5) return Array.from({ length: random(4) }, () => randomData(random, depth + 1));
  return Object.fromEntries(
    Array.from({ length: random(6) }, () => [pick(random, KEYS), randomData(random, depth + 1)]),
  );
}

/** A good profile with one value of it exchanged, or a key added. */
function mutate(random: Random, value: unknown): unknown {
  if (typeof value !== "object" || value === null || random(8) === 0) return randomData(random, 2);
  const copy: Record<string, unknown> = { ...value };
  const keys = Object.keys(copy);
  const key = random(6) === 0 || keys.length === 0 ? pick(random, KEYS) : pick(random, keys);
  copy[key] = mutate(random, copy[key]);
  return Array.isArray(value) ? Object.values(copy) : copy;
}

function check(document: unknown, random: Random): void {
  const policy = resolveProfile(parseProfile(document, "random"), { arch: "x64", kernel: [6, 1], caps: [] });
  const { program } = compilePolicy(policy);
  const args = [BigInt(random(3)), 0n, 0n, 0n, 0n, 0n];
  const nr = random(460);
  expect(interpret(program, { nr, arch: NATIVE.x64, args }).ret).toBe(decide(policy, nr, args).verdict.ret);
}

describe("seccomp profiles of random data", () => {
  test("parseProfile() gives a profile that compiles or throws an NsboxError", () => {
    const { refused } = tryRandomly((random) => check(randomData(random, 0), random));
    expect(refused).toBeGreaterThan(20);
  });

  test("parseProfile() stands good profiles with one thing wrong", () => {
    const good = Array.from({ length: 20 }, (_, n) => randomProfile(seededRandom(n), { tame: false }));
    const { taken, refused } = tryRandomly((random) => check(mutate(random, good[random(good.length)]), random));
    expect(taken).toBeGreaterThan(20);
    expect(refused).toBeGreaterThan(20);
  });
});
