// (Plan, what it depends on) → an executable. Pure: the same input gives the same bytes.
import {
  BOX_DATA_AT,
  BOX_END,
  boxLayout,
  type BoxTapes,
  buildBoxElf,
  type InitHead,
  initHead,
} from "#ffi/runner/box-elf.ts";
import type { OnRound } from "#ffi/runner/on-round.ts";
import { BOX_TEXTS_AT, type BoxTexts } from "#ffi/runner/texts.ts";
import { type EnvRule, PASS_ALL, startBlock } from "#ffi/runner/start.ts";
import { assemble, type AssembleOptions, type Tape } from "#ffi/tape/assemble.ts";
import { type Arg, type Call, call, memory } from "#ffi/tape/call.ts";
import { RECORD_BYTES } from "#ffi/tape/format.ts";
import { FORWARDED_SIGNALS } from "#src/spec/defaults.ts";
import type { Arch } from "#src/spec/facts.ts";
import { lowerCommand, lowerInit, lowerLaunch, type LoweredTape, stepOf } from "#src/plan/lower-plan.ts";
import type { Actor, Plan } from "#src/plan/plan.ts";
import { COMMAND } from "#src/plan/steps/init.ts";
import { BOX_PID, CLONED, SETUP } from "#src/plan/steps/launch.ts";
import { joinFd } from "#src/plan/steps/namespaces.ts";
import { type Placeholder, waitCalls } from "#src/plan/steps/watch.ts";
import type { Step } from "#src/plan/steps.ts";
import { AT, O } from "#ffi/uapi/fcntl.ts";
import { PR } from "#ffi/uapi/prctl.ts";
import { SIG } from "#ffi/uapi/signal.ts";
import { MADV } from "#ffi/uapi/mman.ts";
import { idMapSteps } from "./compilable-plan.ts";
import { BEFORE_INIT, INIT, splitAtStart } from "./in-init.ts";
import * as launcher from "./launcher-calls.ts";
import * as namespaces from "./namespace-calls.ts";
import { Messages, tablesBehind } from "./messages.ts";
import { reportCalls, SAY, type Started } from "./report-calls.ts";
import { sayCalls } from "./say-calls.ts";
import { evenRecords } from "./even-records.ts";
import {
  align,
  CODE_PAGES,
  nextPage,
  nextRecord,
  NO_PAGES,
  type Pages,
  pagesBetween,
  placed,
  records,
} from "./box-memory.ts";
import { execWords, withoutWords } from "./exec-words.ts";
import { MissTagger, type Ready, startAnewCalls } from "./start-anew.ts";
import { type Caller, callerCalls, FailureTable, forwardCalls } from "./caller.ts";
import { type CallTagger, notFoundText, Tagger } from "./tags.ts";

export interface BoxInput {
  /** As compilablePlan() gives it. */
  readonly plan: Plan;
  readonly arch: Arch;
  readonly uid: number;
  /** undefined where the plan doesn't depend on it. */
  readonly gid: number | undefined;
  readonly env: readonly EnvRule[];
  readonly timeoutMs: number | undefined;
  readonly passFds: readonly number[];
  readonly placeholders: readonly Placeholder[];
  readonly dieWithParent: boolean;
  /** `run` has made it, and it starts anew there where it can't be started. */
  readonly ready?: Ready | undefined;
  /** Packing takes long. */
  readonly onRound?: OnRound | undefined;
  /** A program that starts the box and hears of failures itself; undefined: whoever starts it, who is told in words. */
  readonly caller?: Caller | undefined;
}

/** The command's mask: the launcher's own at its start. */
const MASK = "caller mask";
const MASK_BYTES = 8;
const FAIL_STATUS = 125;
const RUNNING = "running";
/** The net namespace is there, and who has made it ends. */
const HELPED = "helped";
/** Before the first of these the init's file is written: what waits for the network, what becomes the init. */
const AFTER_FILE: readonly (Step["kind"] | undefined)[] = ["enter-network", "exec-init"];
/** Labels of what lies outside of the launcher's tape. */
const OUTSIDE = {
  head: "init head",
  data: "init data",
  mask: "mask of the command",
  pid: "the box's pid",
  spent: "spent memory",
} as const;
const address = (label: string): Arg => ({ kind: "address", label });

/** The executable. */
export function compileBox(input: BoxInput): Uint8Array {
  return new Compiler(input).compile();
}

/** The same for a program, which makes sense of its failures by the table. */
export function compileForCaller(input: BoxInput & { readonly caller: Caller }): {
  readonly bytes: Uint8Array;
  readonly failures: FailureTable;
} {
  const failures = new FailureTable();
  return { bytes: new Compiler(input, failures).compile(), failures };
}

interface InitParts {
  readonly init: Tape;
  readonly command: Tape;
  /** Tapes and start block, from the data's first byte on. */
  readonly data: Uint8Array;
  readonly head: InitHead;
}

class Compiler {
  readonly #input: BoxInput;
  readonly #messages: Messages = new Messages();
  readonly #tagger: CallTagger;
  readonly #rendezvous: launcher.Rendezvous;
  /** How many words of argv are dropped: its own name, or none. */
  readonly #names: 0 | 1;

  constructor(input: BoxInput, tagger?: CallTagger) {
    this.#input = input;
    this.#tagger =
      tagger ?? (input.ready === undefined ? new Tagger(this.#messages, input.plan) : new MissTagger(input.plan));
    this.#names = input.ready === undefined ? 1 : 0;
    const waits = input.plan.setup.some((step) => step.kind === "wait");
    this.#rendezvous = { waits, helped: namespaces.hasNetworkHelper(input.plan) };
  }

  compile(): Uint8Array {
    const { plan, arch, env } = this.#input;
    // First, to be alone in memory while the box runs. Addresses of others change no length, and come later.
    const waitCalls = this.#waitCalls(NO_PAGES);
    const waitEnd = BOX_DATA_AT + this.#waiting(waitCalls, 0).bytes.length;
    const dataAt = nextRecord(nextPage(waitEnd));
    const init = plan.init.length > 0 ? this.#initParts(dataAt) : undefined;
    const headAt = dataAt + (init?.data.length ?? 0);
    const launchAt = nextRecord(headAt + (init?.head.bytes.length ?? 0));
    const labels = {
      [OUTSIDE.head]: headAt,
      [OUTSIDE.data]: dataAt,
      [OUTSIDE.mask]: init?.command.memory.get(MASK) ?? 0,
      [RUNNING]: BOX_DATA_AT,
      [SAY]: BOX_TEXTS_AT,
    };
    const calls = this.#launchCalls(init);
    const tape = this.#assemble(calls, launchAt, labels);
    const blockAt = align(launchAt + tape.bytes.length);
    const block = startBlock(
      { ...execWords(tape, calls, this.#input.ready), words: this.#words(), rules: env, entry: tape.entry },
      blockAt,
    );
    const waiting = this.#waiting(this.#waitCalls(pagesBetween(waitEnd, BOX_END)), tape.memory.get(BOX_PID) ?? 0);
    const data = placed(BOX_DATA_AT, [
      [BOX_DATA_AT, waiting.bytes],
      [dataAt, init?.data ?? NOTHING],
      [headAt, init?.head.bytes ?? NOTHING],
      [launchAt, tape.bytes],
      [blockAt, block],
    ]);
    const placedTapes = {
      launch: records(tape),
      init: records(init?.init),
      command: records(init?.command),
      waiting: records(waiting),
      launchBlock: blockAt,
    };
    this.#tagger.placed?.(data, BOX_DATA_AT, [placedTapes.launch, placedTapes.init, placedTapes.command]);
    const says = this.#tagger instanceof Tagger ? this.#texts(this.#tagger, tape) : undefined;
    const tapes = { ...placedTapes, saying: records(says?.tape) };
    this.#breakRecord(data, tapes);
    const effort = says === undefined ? "quick" : "best";
    return buildBoxElf({
      arch,
      tapes,
      texts: says?.texts,
      data,
      names: this.#names,
      effort,
      onRound: this.#input.onRound,
    });
  }

  /** What there is to say, and the tape that says it: with the memory of the launcher's. */
  #texts(tagger: Tagger, { memory }: Tape): { readonly tape: Tape; readonly texts: BoxTexts } {
    const messages = this.#messages;
    const [cannot, notFound] = [
      messages.line("nsbox: Cannot "),
      messages.line(notFoundText(execStep(this.#input.plan))),
    ];
    const assembled = (tapeBytes: number): Tape =>
      this.#assemble(
        sayCalls({ cannot, notFound, ...tablesBehind(tapeBytes) }, this.#started()),
        BOX_TEXTS_AT,
        {},
        memory,
      );
    // Addresses of others change no length.
    const tape = assembled(assembled(0).bytes.length);
    return { tape, texts: messages.layOut(tape.bytes, tagger.said) };
  }

  #breakRecord(data: Uint8Array, tapes: BoxTapes): void {
    const broken = this.#input.caller?.breakRecord;
    if (broken === undefined) return;
    const NO_SUCH_CALL = 0xffff;
    const at = tapes[broken.tape].at - BOX_DATA_AT + broken.record * RECORD_BYTES;
    new DataView(data.buffer, data.byteOffset).setBigInt64(at, BigInt(NO_SUCH_CALL), true);
  }

  #waiting(calls: readonly Call[], pidAt: number): Tape {
    return this.#assemble(calls, BOX_DATA_AT, { [OUTSIDE.pid]: pidAt });
  }

  #assemble(
    calls: readonly Call[],
    base: number,
    labels: AssembleOptions["labels"] = {},
    memory: AssembleOptions["memory"] = undefined,
  ): Tape {
    const { arch, caller } = this.#input;
    const passFds = this.#keptFds();
    const fds = { ...launcher.launcherFds(passFds, this.#rendezvous), ...caller?.files };
    // Whatever a tape opens without a name for it stays below: only results that are used can be open files.
    const opened = calls.filter((one) => one.as !== undefined || one.label !== undefined).length;
    const fdBase = Math.max(...Object.values(fds), ...passFds) + 1 + opened;
    const options = { arch, base, fds, fdBase, failStatus: FAIL_STATUS, labels, memory };
    return evenRecords(assemble(calls.map(withoutWords), options));
  }

  /** What is open when it starts, and stays so. */
  #keptFds(): readonly number[] {
    const { caller, passFds } = this.#input;
    return caller === undefined ? passFds : [...Object.values(caller.files).filter((file) => file > 2), ...passFds];
  }

  /** The init's tapes, each where the one before has ended, then its start block. */
  #initParts(dataAt: number): InitParts {
    const { arch, plan } = this.#input;
    const lowered = lowerInit(plan);
    const { before, calls: initCalls } = splitAtStart(plan, lowered.origins, this.#tagger.steps(lowered));
    const commandCalls = [...this.#ofCommand("command", lowerCommand(plan)), ...before];
    // On a page of its own, which the init gives back once the command has started.
    const commandAt = nextPage(dataAt + this.#assemble(initCalls, dataAt, { [COMMAND]: dataAt }).bytes.length);
    const init = this.#assemble(initCalls, dataAt, { [COMMAND]: commandAt });
    const command = this.#assemble(commandCalls, commandAt, { [INIT]: dataAt });
    const blockAt = align(commandAt + command.bytes.length);
    const entry = command.labels.get(BEFORE_INIT) ?? init.entry;
    const block = startBlock({ ...execWords(command, commandCalls), words: [], rules: [PASS_ALL], entry }, blockAt);
    const data = placed(dataAt, [
      [dataAt, init.bytes],
      [commandAt, command.bytes],
      [blockAt, block],
    ]);
    const head = initHead(arch, { block: blockAt, dataAt, dataBytes: data.length });
    return { init, command, data, head };
  }

  /** What argv begins with: the init drops its own name. */
  #words(): readonly string[] {
    const { plan, caller, ready } = this.#input;
    if (ready !== undefined) return [];
    // A program gives the whole command when it starts the box.
    return [...(plan.init.length > 0 ? ["nsbox-init"] : []), ...(caller === undefined ? execStep(plan).args : [])];
  }

  /** The command's steps: its words, its environment and its signal mask come from who starts the box. */
  #ofCommand(actor: Actor, lowered: LoweredTape): readonly Call[] {
    const { plan } = this.#input;
    return this.#tagger.steps(lowered).map((one, n) => {
      const origin = lowered.origins[n];
      if (origin?.actor !== actor || actor === "launcher") return one;
      const kind = plan[actor][origin.index]?.kind;
      const [how, , ...rest] = one.args;
      if (kind === "signals" && one.name === "rt_sigprocmask" && how !== undefined)
        return { ...one, args: [how, memory(MASK, MASK_BYTES), ...rest] };
      return one;
    });
  }

  #launchCalls(init: InitParts | undefined): readonly Call[] {
    const { plan, arch, uid, gid, dieWithParent, caller } = this.#input;
    const maps = idMapSteps(plan);
    const { helped } = this.#rendezvous;
    const lowered = lowerLaunch(plan);
    const calls = init === undefined ? this.#ofCommand("setup", lowered) : this.#tagger.steps(lowered);
    const back = calls.findIndex((one) => one.label === CLONED);
    const [setup, ...others] = calls.slice(back + 1);
    if (back < 1 || setup?.label !== SETUP) throw new RangeError("a launch is a clone, and then the set-up");
    const { label: _, ...first } = setup;
    const numbers = maps.length > 0 ? this.#tagger.frame(launcher.numberCalls(), "tell the box's number") : [];
    const frame = (list: readonly Call[]): readonly Call[] => this.#own(list, "start the box");
    const maskAt = init === undefined ? memory(MASK, MASK_BYTES) : address(OUTSIDE.mask);
    const imageCalls = init === undefined ? [] : launcher.initFileCalls(initFile(init));
    // A box that waits for its net namespace writes its init's file meanwhile; the launcher would do it before the clone.
    const waitsAt = lowered.origins.findIndex((origin) => AFTER_FILE.includes(stepOf(plan, origin)?.kind)) - back - 2;
    const rest = helped ? others.toSpliced(waitsAt, 0, ...this.#tagger.frame(imageCalls, "start the box")) : others;
    return [
      ...frame(launcher.beginCalls({ uid, gid, dieWithParent, maskAt, passFds: this.#keptFds() })),
      ...(caller === undefined ? [] : frame(callerCalls(caller))),
      ...frame(launcher.pipeCalls(this.#rendezvous)),
      ...(helped ? [] : frame(imageCalls)),
      ...this.#joinCalls(),
      ...calls.slice(1, back).map((one) => (one.fail === CLONED ? (launcher.ownCalls([one])[0] ?? one) : one)),
      ...frame(
        launcher.clonedCalls(
          [
            ...(helped ? launcher.ownCalls(this.#ofClone(namespaces.startHelperCalls())) : []),
            ...this.#own(launcher.idMapCalls(arch, maps), "write the box's id maps", "write-id-map"),
          ],
          { ...this.#rendezvous, joins: plan.join.length > 0 },
        ),
      ),
      ...this.#tagger.frame(this.#reportCalls(maskAt), "say what has failed"),
      ...(helped ? this.#ofClone(namespaces.helperCalls()) : []),
      ...withLabel([...numbers, ...this.#ofClone(namespaces.apartCalls(plan)), first, ...rest], SETUP),
    ];
  }

  /** As the clone itself: who reads that namespaces can't be made need not know by which call. */
  #ofClone(calls: readonly Call[]): readonly Call[] {
    return this.#tagger.steps({ calls, origins: calls.map(() => ({ actor: "launcher", index: 0 })) });
  }

  #own(calls: readonly Call[], what: string, kind?: string): readonly Call[] {
    return launcher.ownCalls(this.#tagger.frame(calls, what, kind));
  }

  #joinCalls(): readonly Call[] {
    return this.#input.plan.join.flatMap((step) => {
      if (step.kind !== "join") return [];
      const open = call("openat", [AT.FDCWD, step.path, O.RDONLY | O.CLOEXEC], {
        as: joinFd(step.type),
      });
      return this.#own([open], `join the namespace ${JSON.stringify(step.path)}`, "open-namespace");
    });
  }

  #reportCalls(maskAt: Arg): readonly Call[] {
    const { arch, caller, ready } = this.#input;
    const started = this.#started();
    const reap = this.#rendezvous.helped ? namespaces.reapHelperCalls(HELPED, RUNNING) : [];
    if (caller !== undefined) return [...forwardCalls(started.running), ...reap];
    if (ready !== undefined) return [...startAnewCalls(ready, started, maskAt), ...reap];
    return [...reportCalls(boxLayout(arch).expand, started), ...reap];
  }

  #started(): Started {
    const { helped } = this.#rendezvous;
    return { placeholders: this.#input.placeholders, helped, running: helped ? HELPED : RUNNING };
  }

  #waitCalls(spent: Pages): readonly Call[] {
    const { timeoutMs, placeholders, caller } = this.#input;
    const standsIn = caller !== undefined;
    const pid = memory("box", 8);
    const calls = [
      call("load", [address(OUTSIDE.pid), 0], { save: pid }),
      // Until here it dies with the program; from here on it ends the box first, and takes back what was made for it.
      ...(standsIn ? [call("prctl", [PR.SET_PDEATHSIG, SIG.ALRM])] : []),
      call("close_range", [standsIn ? 0 : 3, 0xffffffff, 0]),
      // All else is spent, texts too; where pages are larger than ours it stays.
      call("madvise", [spent.at, spent.bytes, MADV.DONTNEED], { fail: "next" }),
      call("madvise", [CODE_PAGES.at, CODE_PAGES.bytes, MADV.DONTNEED], { fail: "next" }),
      ...waitCalls({ pid, forward: FORWARDED_SIGNALS, timeoutMs, placeholders, standsIn }),
    ];
    return this.#tagger.frame(calls, "wait for the box");
  }
}

const NOTHING = new Uint8Array(0);

function execStep(plan: Plan): Step & { readonly kind: "exec" } {
  const step = [...plan.setup, ...plan.command].find((one) => one.kind === "exec");
  if (step === undefined) throw new RangeError("a plan ends with its command");
  return step;
}

function initFile({ head, data }: InitParts): launcher.InitFile {
  const [headAt, dataAt] = [address(OUTSIDE.head), address(OUTSIDE.data)];
  return {
    ...{ head: headAt, headBytes: head.bytes.length, code: head.codeAt, codeBytes: head.codeBytes },
    ...{ data: dataAt, dataBytes: data.length, dataOffset: head.dataOffset },
  };
}

function withLabel([first, ...rest]: readonly Call[], label: string): readonly Call[] {
  return first === undefined ? [] : [{ ...first, label }, ...rest];
}
