// Makes the boxes of one proof, looks, and ends them. Whatever happens, none is left.
import { asFd, closeFile, type Fd, openFile, openPipe, readInto } from "#ffi/libc/fd.ts";
import { monotonicMs, pollFiles, sendSignal, waitFor } from "#ffi/libc/process.ts";
import { rawSyscall, SyscallError } from "#ffi/libc/syscall.ts";
import { POLL } from "#ffi/uapi/poll.ts";
import { PR } from "#ffi/uapi/prctl.ts";
import { SIG } from "#ffi/uapi/signal.ts";
import { explainErrno, NsboxError } from "#src/error.ts";
import { launch } from "#src/run/launch.ts";
import { explainSteps } from "#src/plan/explain-plan.ts";
import type { Plan } from "#src/plan/plan.ts";
import type { HostFacts } from "#src/spec/facts.ts";
import type { NamespaceType } from "#src/spec/spec.ts";
import { buildDemoPlan, INPUT, OUTPUT, outsideId } from "./build-demo-plan.ts";
import type { ShownPlan } from "./explain-proof.ts";
import { fillPlaces, judgeProof, type Places } from "./judge-proof.ts";
import type { Box, JoinedNamespace, Look, Proof, Sight, Verdict } from "./proof.ts";

/** A box may take this long to answer. */
const ANSWER_MS = 10_000;

export interface PlayedProof {
  readonly proof: Proof;
  readonly plans: readonly ShownPlan[];
  readonly sights: readonly Sight[];
  readonly verdict: Verdict;
}

interface LiveBox {
  readonly pid: number;
  readonly pidfd: Fd;
  readonly input: Fd;
  /** Its namespaces that nsbox has open. */
  readonly kept: Map<NamespaceType, Fd>;
}

/** Plays a proof to its end. A kernel that refuses is a proof that fails, with the error's hint. */
export function playProof(proof: Proof, facts: HostFacts): PlayedProof {
  const missing = (proof.needs ?? []).filter((tool) => Bun.which(tool) === null);
  if (missing.length > 0) {
    const why = `${missing.join(", ")}: not installed`;
    return { proof, plans: [], sights: [], verdict: { kind: "not shown", why } };
  }
  const player = new Player(facts);
  try {
    for (const look of proof.looks) player.look(look);
    return { proof, ...player.seen(), verdict: verdictOf(judgeProof(proof, player.places())) };
  } catch (error) {
    return { proof, ...player.seen(), verdict: failureOf(error) };
  } finally {
    player.endAll();
  }
}

function verdictOf(why: string | undefined): Verdict {
  return why === undefined ? { kind: "proved" } : { kind: "not proved", why, hint: undefined };
}

function failureOf(error: unknown): Verdict {
  const hint = "nsbox doctor says what this machine allows";
  if (error instanceof SyscallError)
    return { kind: "not proved", why: `${error.syscall} ${error.operand} gave ${explainErrno(error.errno)}`, hint };
  if (!(error instanceof NsboxError)) throw error;
  return { kind: "not proved", why: error.message, hint: error.hint ?? hint };
}

class Player {
  readonly #facts: HostFacts;
  readonly #boxes: Map<string, LiveBox> = new Map();
  readonly #ended: Map<string, LiveBox> = new Map();
  readonly #sights: Sight[] = [];
  readonly #plans: ShownPlan[] = [];

  constructor(facts: HostFacts) {
    this.#facts = facts;
  }

  seen(): Pick<PlayedProof, "plans" | "sights"> {
    return { plans: this.#plans, sights: this.#sights };
  }

  places(): Places {
    const { uid, ownUids } = this.#facts;
    return { sights: this.#sights, nsbox: process.pid, uid: outsideId(uid, ownUids) };
  }

  look(look: Look): void {
    if (look.onceEnded !== undefined) this.#end(look.onceEnded);
    const command = fillPlaces(look.command, this.places());
    const { answer, pid } = look.box === undefined ? lookOutside(command) : this.#lookInside(look, look.box, command);
    this.#sights.push({ name: look.name, command, answer: answer.trim(), pid });
  }

  #lookInside(look: Look, box: Box, command: string): { readonly answer: string; readonly pid: number } {
    const paths = (box.joins ?? []).map((join) => this.#pathOf(join));
    const plan = buildDemoPlan({ box, paths, command }, this.#facts);
    this.#plans.push({ look: look.name, steps: explainSteps(plan) });
    const output = openPipe();
    try {
      const box = this.#start(look.name, plan, output.writer);
      const answer = readAnswer(output.reader, look.name);
      for (const type of look.keeps ?? []) box.kept.set(type, openFile(`/proc/${box.pid}/ns/${type}`, 0));
      return { answer, pid: box.pid };
    } finally {
      closeFile(output.reader);
    }
  }

  /** The launch closes the files that it is given: only the box has them from here on. */
  #start(name: string, plan: Plan, output: Fd): LiveBox {
    const input = openPipe();
    try {
      const { pid, pidfd } = launch(plan, this.#facts, { files: { [INPUT]: input.reader, [OUTPUT]: output } });
      const box: LiveBox = { pid, pidfd, input: input.writer, kept: new Map() };
      this.#boxes.set(name, box);
      return box;
    } catch (error) {
      closeFile(input.writer);
      throw error;
    } finally {
      // A box that changes its uid, or joins a user namespace, makes the memory it shares with us undumpable until its
      // exec; and an undumpable process can't open its own /proc files, as the next box must.
      rawSyscall("prctl", PR.SET_DUMPABLE, 1, 0, 0, 0);
    }
  }

  #pathOf({ type, of, by }: JoinedNamespace): string {
    const box = this.#boxes.get(of) ?? this.#ended.get(of);
    const pid = box?.pid ?? 0;
    switch (by.kind) {
      case "process":
        return `/proc/${pid}/ns/${type}`;
      case "open file":
        return `/proc/self/fd/${box?.kept.get(type) ?? asFd(-1)}`;
      case "mount":
        return `/proc/${pid}/root${by.path}`;
    }
  }

  /** The kernel ends with it what is in its PID namespace; what it keeps stays open until endAll(). */
  #end(name: string): void {
    const box = this.#boxes.get(name);
    if (box === undefined) return;
    sendSignal(box.pidfd, SIG.KILL);
    waitFor(box.pidfd);
    closeFile(box.pidfd);
    closeFile(box.input);
    this.#boxes.delete(name);
    this.#ended.set(name, box);
  }

  endAll(): void {
    for (const name of [...this.#boxes.keys()]) this.#end(name);
    for (const { kept } of this.#ended.values()) kept.forEach(closeFile);
    this.#ended.clear();
  }
}

function lookOutside(command: string): { readonly answer: string; readonly pid: undefined } {
  const env = { ...process.env, LC_ALL: "C" };
  const stdio: ["ignore", "pipe", "pipe"] = ["ignore", "pipe", "pipe"];
  const { stdout, stderr } = Bun.spawnSync(["sh", "-c", command], { env, stdio, timeout: ANSWER_MS });
  return { answer: stdout.toString() + stderr.toString(), pid: undefined };
}

/** All that the box says, until it closes its output and waits. Throws NsboxError if that takes too long. */
function readAnswer(output: Fd, name: string): string {
  const deadline = monotonicMs() + ANSWER_MS;
  const decoder = new TextDecoder();
  const chunk = new Uint8Array(4096);
  let text = "";
  for (;;) {
    const [ready = 0] = pollFiles([{ fd: output, events: POLL.IN }], Math.max(0, deadline - monotonicMs()));
    if (ready === 0 && monotonicMs() >= deadline)
      throw new NsboxError("EHOST", `Cannot see what ${name} sees: no answer within ${ANSWER_MS / 1000} s`);
    if (ready === 0) continue;
    const count = readInto(output, chunk);
    if (count === 0) return text + decoder.decode();
    text += decoder.decode(chunk.subarray(0, count), { stream: true });
  }
}
