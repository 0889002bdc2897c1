// Plain data → Profile, strictly: `linux.seccomp`, a whole OCI config.json that holds one, or Docker's and Podman's form.
import { capNumber, CAPS } from "#ffi/uapi/capability.ts";
import { errnoNumber, isErrnoName } from "#ffi/uapi/errno.ts";
import { SECCOMP_FILTER_FLAG } from "#ffi/uapi/seccomp.ts";
import { ACTIONS, type ActionName, WITH_DATA } from "./actions.ts";
import { WORD_MAX } from "./policy.ts";
import { OPERATORS, type Profile, type ProfileArgument, type ProfileFilter, type ProfileRule } from "./profile.ts";
import { Reader } from "./reader.ts";

const ARGUMENTS_MAX = 5n;
const ERRNO_MAX = 4095n;
const RULES_MAX = 10_000;
const ACTION_NAMES = Object.keys(ACTIONS) as ActionName[]; // the keys of ACTIONS are exactly the ActionNames

const PROFILE_KEYS = [
  ...["defaultAction", "defaultErrnoRet", "defaultErrno", "architectures", "archMap", "flags", "syscalls"],
  // For who answers notifications.
  ...["listenerPath", "listenerMetadata"],
];
const RULE_KEYS = ["names", "name", "action", "errnoRet", "errno", "args", "comment", "includes", "excludes"];

/** The profile in a document of this name. Throws NsboxError EUSAGE. */
export function parseProfile(value: unknown, name: string): Profile {
  const top = new Reader(name, value);
  const profile = top.has("linux") && !top.has("defaultAction") ? top.field("linux").field("seccomp") : top;
  profile.only(PROFILE_KEYS);
  const rules = profile.field("syscalls").list();
  if (rules.length > RULES_MAX)
    throw profile
      .field("syscalls")
      .fail(`holds ${rules.length} rules`, `${RULES_MAX} are the most; put names together`);
  const defaultAction = profile.field("defaultAction").oneOf(ACTION_NAMES);
  return {
    name,
    defaultAction,
    defaultErrnoRet: parseErrno(profile, ["defaultErrnoRet", "defaultErrno"], defaultAction),
    architectures: [
      ...profile.field("architectures").list().map(parseArchitecture),
      ...profile.field("archMap").list().flatMap(parseArchMapRow),
    ],
    flags: profile
      .field("flags")
      .list()
      .reduce((all, flag) => all | parseFlag(flag), 0),
    listener: parseListener(profile.field("listenerPath"), profile.field("listenerMetadata")),
    rules: rules.map(parseRule),
  };
}

/** KERNEL: sun_path, see unix(7). */
const SOCKET_PATH_MAX = 107;
const METADATA_MAX = 64 * 1024;

function parseListener(path: Reader, metadata: Reader): Profile["listener"] {
  const words = metadata.isAbsent || metadata.value === "" ? undefined : metadata.text();
  if (words !== undefined && words.length > METADATA_MAX)
    throw metadata.fail(`is ${words.length} characters long`, `${METADATA_MAX} are the most`);
  if (path.isAbsent || path.value === "") {
    if (words === undefined) return undefined;
    throw metadata.fail("goes with listenerPath only", "leave it out, or name the agent's socket as listenerPath");
  }
  const text = path.text();
  if (text.startsWith("/") && !text.includes("\0") && new TextEncoder().encode(text).length <= SOCKET_PATH_MAX)
    return { path: text, metadata: words };
  throw path.fail(
    `is ${JSON.stringify(text.slice(0, 40))}`,
    `write an absolute path of at most ${SOCKET_PATH_MAX} bytes`,
  );
}

function parseArchitecture(reader: Reader): string {
  const text = reader.text();
  if (/^SCMP_ARCH_[A-Z0-9_]+$/.test(text)) return text;
  throw reader.fail(`is ${JSON.stringify(text.slice(0, 40))}`, "write it as SCMP_ARCH_X86_64");
}

function parseArchMapRow(row: Reader): readonly string[] {
  row.only(["architecture", "subArchitectures"]);
  return [parseArchitecture(row.field("architecture")), ...row.field("subArchitectures").list().map(parseArchitecture)];
}

const FLAG_PREFIX = "SECCOMP_FILTER_FLAG_";
/** Those that mean something for one process about to run its command; a new listener is not a profile's to ask for. */
const FLAGS = ["TSYNC", "LOG", "SPEC_ALLOW", "WAIT_KILLABLE_RECV"] as const;

function parseFlag(reader: Reader): number {
  const name = reader.oneOf(FLAGS.map((flag) => `${FLAG_PREFIX}${flag}` as const));
  const flag = FLAGS.find((one) => name === `${FLAG_PREFIX}${one}`);
  // One thread needs no other to follow, and only who is notified can wait for an answer.
  return flag === "LOG" || flag === "SPEC_ALLOW" ? SECCOMP_FILTER_FLAG[flag] : 0;
}

function parseRule(rule: Reader): ProfileRule {
  rule.only(RULE_KEYS);
  const names = rule
    .field("names")
    .list()
    .map((name) => name.text());
  const all = rule.has("name") ? [rule.field("name").text(), ...names] : names;
  if (all.length === 0) throw rule.fail("names no system call", 'write for example "names": ["read", "write"]');
  const action = rule.field("action").oneOf(ACTION_NAMES);
  return {
    names: all,
    action,
    errnoRet: parseErrno(rule, ["errnoRet", "errno"], action),
    args: rule.field("args").list().map(parseArgument),
    includes: parseFilter(rule.field("includes")),
    excludes: parseFilter(rule.field("excludes")),
  };
}

function parseArgument(arg: Reader): ProfileArgument {
  arg.only(["index", "value", "valueTwo", "op"]);
  const valueTwo = arg.field("valueTwo");
  return {
    index: Number(arg.field("index").whole(ARGUMENTS_MAX)),
    value: arg.field("value").whole(WORD_MAX),
    valueTwo: valueTwo.isAbsent ? 0n : valueTwo.whole(WORD_MAX),
    op: arg.field("op").oneOf(OPERATORS),
  };
}

/** The number in the first of these fields, or else the errno named in the second. */
function parseErrno(reader: Reader, [number, name]: readonly [string, string], action: ActionName): number | undefined {
  const [byNumber, byName] = [reader.field(number), reader.field(name)];
  if (byNumber.isAbsent && (byName.isAbsent || byName.value === "")) return undefined;
  const given = byNumber.isAbsent ? errnoNamed(byName) : Number(byNumber.whole(ERRNO_MAX));
  if (WITH_DATA.includes(action) || given === 0) return given;
  const field = byNumber.isAbsent ? byName : byNumber;
  throw field.fail(`goes with ${WITH_DATA.join(" and ")} only`, `leave it out, or make the action ${WITH_DATA[0]}`);
}

function errnoNamed(reader: Reader): number {
  const name = reader.text();
  if (isErrnoName(name)) return errnoNumber(name);
  throw reader.fail(`is not the name of an errno`, "write for example EPERM, or give errnoRet as a number");
}

function parseFilter(filter: Reader): ProfileFilter {
  if (filter.isAbsent) return { caps: [], arches: [], minKernel: undefined };
  filter.only(["caps", "arches", "minKernel"]);
  const minKernel = filter.field("minKernel");
  return {
    caps: filter.field("caps").list().map(parseCap),
    arches: filter
      .field("arches")
      .list()
      .map((arch) => arch.text()),
    minKernel: minKernel.isAbsent || minKernel.value === "" ? undefined : parseKernel(minKernel),
  };
}

function parseCap(reader: Reader): string {
  const name = CAPS[capNumber(reader.text()) ?? -1];
  if (name !== undefined) return name;
  throw reader.fail("is not the name of a capability", "write for example CAP_SYS_ADMIN");
}

function parseKernel(reader: Reader): readonly [number, number] {
  const match = /^(\d{1,4})\.(\d{1,4})$/.exec(reader.text());
  if (match !== null) return [Number(match[1]), Number(match[2])];
  throw reader.fail("is not a version of the kernel", 'write for example "4.8"');
}
