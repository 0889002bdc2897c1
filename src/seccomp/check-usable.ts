// Whether a box could run under a policy at all.
import { SECCOMP_RET } from "#ffi/uapi/seccomp.ts";
import { type SyscallName, syscallNumber } from "#ffi/uapi/syscalls.ts";
import { NsboxError } from "#src/error.ts";
import { actionOf, explainReturn } from "./actions.ts";
import type { Policy, Verdict } from "./policy.ts";

/** Calls between the filter and the command, or after the command could not be started; none looks at arguments. */
const NEEDED: readonly (readonly [SyscallName, why: string])[] = [
  ["execve", "no command could be started"],
  ["exit_group", "no process could end"],
];

const PASSES: readonly number[] = [SECCOMP_RET.ALLOW, SECCOMP_RET.LOG];

/** The box itself sends the file that its listener reads, with the filter on already. */
const NEEDED_TO_ASK: (typeof NEEDED)[number] = ["sendmsg", "nobody could be told whom to ask"];

/**
 * Whether it asks somebody about any call. Throws NsboxError EUSAGE if the profile of this name is of no use to `run`;
 * `isAnswered`: there is somebody to ask.
 */
export function checkUsable(policy: Policy, name: string, isAnswered: boolean): boolean {
  const fail = (what: string, hint: string): NsboxError =>
    new NsboxError("EUSAGE", `Cannot run with the seccomp profile ${JSON.stringify(name)}: ${what}`, { hint });
  for (const [call, why] of isAnswered ? [...NEEDED, NEEDED_TO_ASK] : NEEDED) {
    const { otherwise, rules } = policy.calls.get(syscallNumber(policy.arch, call)) ?? {
      otherwise: policy.unlisted.verdict,
      rules: [],
    };
    if (PASSES.includes(actionOf(otherwise.ret)) || rules.some(({ verdict }) => PASSES.includes(actionOf(verdict.ret))))
      continue;
    throw fail(`${call} is answered with "${explainReturn(otherwise.ret)}", so that ${why}`, `allow ${call} there`);
  }
  const asks = verdictsOf(policy).some(({ ret }) => actionOf(ret) === SECCOMP_RET.USER_NOTIF);
  if (!asks || isAnswered) return asks;
  throw fail(
    "it asks a supervisor (SCMP_ACT_NOTIFY), and there is none",
    "name its socket as listenerPath there, or use --audit FILE, which refuses and writes down",
  );
}

function verdictsOf({ calls, unlisted }: Policy): readonly Verdict[] {
  const own = [...calls.values()].flatMap(({ rules, otherwise }) => [
    otherwise,
    ...rules.map(({ verdict }) => verdict),
  ]);
  return [unlisted.verdict, ...own];
}
