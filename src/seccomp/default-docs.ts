// docs/seccomp.md, made of the table of groups: a unit test holds that it is fresh.
import { explainReturn } from "./actions.ts";
import { GROUPS, UNKNOWN, UNKNOWN_WHY } from "./default-profile.ts";
import { callsOf } from "./default-policy.ts";
import type { CallGroup } from "./group.ts";
import { explainCondition } from "./explain-call.ts";
import type { Verdict } from "./policy.ts";

function explainVerdict({ ret, liftedBy }: Verdict): string {
  const names = liftedBy.map((name) => `\`${name === "nested" ? "--nested" : name}\``);
  return `${explainReturn(ret)}${names.length === 0 ? "" : `, unless with ${names.join(" or ")}`}`;
}

function explainGroup(group: CallGroup): string {
  const { title, why, rules = [], otherwise } = group;
  const last = otherwise === undefined ? "allow" : explainVerdict(otherwise);
  const lines =
    rules.length === 0
      ? [`**${capital(last)}.**`]
      : [
          ...rules.map(
            ({ when, verdict }) => `- ${explainVerdict(verdict)} where ${when.map(explainCondition).join(" and ")}`,
          ),
          `- **${last}** otherwise`,
        ];
  const calls = callsOf(group).map((name) => `\`${name}\``);
  return `## ${title}\n\n${why}\n\n${lines.join("\n")}\n\n${wrap(calls.join(" "))}\n`;
}

function capital(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

const WIDTH = 118;

function wrap(text: string): string {
  return text.replaceAll(new RegExp(`(.{1,${WIDTH}})(?: |$)`, "g"), "$1\n").trimEnd();
}

/** The text of docs/seccomp.md. */
export function seccompDocs(): string {
  return `# The default seccomp profile

Every box has a filter of system calls unless \`--seccomp none\` is said; \`--seccomp FILE\` takes a profile in the form of the
OCI runtime specification, or of Docker and Podman. What follows is the profile that holds when nothing is said.
\`nsbox seccomp check default CALL [ARGUMENTS]\` says what becomes of a call, \`nsbox seccomp dump default\` shows the program.

- The filter is set as the last thing before the command. The box's init has another, of the few calls that it makes, and
  can't be traced by the box.
- A refusal is an errno that programs know: nothing is killed but who makes 32-bit calls (\`int 0x80\`), which have numbers
  of their own. x32 calls are ENOSYS. A profile of your own is about the machine's own 64-bit calls too: what it says of
  other architectures is not used, and their calls are refused.
- Calls of a number that nsbox does not know: ${explainReturn(UNKNOWN.ret)}; ${UNKNOWN_WHY}.
- A capability lifts a refusal where the box may have it (\`--cap-add\`): it still holds over the box's own namespaces only.
- In a profile of your own, rules mean together what they mean to libseccomp: a rule without arguments outdoes those with
  some, the first of several wins, and a rule that says what the default says is none.

${GROUPS.map(explainGroup).join("\n")}`;
}
