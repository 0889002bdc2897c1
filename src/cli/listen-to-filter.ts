// Whom a box's filter asks, if anybody, for as long as the box runs. Loaded only where there is somebody.
import { Agent } from "#src/audit/agent.ts";
import { Audit } from "#src/audit/open-audit.ts";
import { explainTally } from "#src/audit/tally.ts";
import { jsonLine } from "#src/audit/refusal.ts";
import { printError } from "#src/host/print.ts";
import { escapeText } from "#src/inspect/escape-text.ts";
import { LISTENER_SOCKET } from "#src/plan/steps/confine.ts";
import type { RunBoxOptions } from "#src/run/run-box.ts";
import type { HostFacts } from "#src/spec/facts.ts";
import type { Spec } from "#src/spec/spec.ts";

/** What runBox() takes of it, and where the proxy says what it refuses. */
export interface FilterSession extends Pick<RunBoxOptions, "files" | "started" | "companion"> {
  readonly refusals: Audit["hostsWriter"] | undefined;
  /** After the box; of one that there never was nothing is said. */
  end(json: boolean): void;
}

/** Throws NsboxError ESPEC where the audit can't be written, or no agent is there. */
export function listenToFilter(spec: Spec, facts: HostFacts): FilterSession {
  const { listener } = spec.linux.seccomp ?? {};
  if (listener?.kind === "agent") return agentSession(new Agent(listener, spec));
  const path = spec.box.audit ?? "-";
  return auditSession(path, new Audit(path, spec, facts), listener !== undefined);
}

function agentSession(agent: Agent): FilterSession {
  return {
    files: { [LISTENER_SOCKET]: agent.listenerSocket },
    started: (pid) => agent.begin(pid),
    refusals: undefined,
    end: () => agent.close(),
  };
}

function auditSession(path: string, audit: Audit, asked: boolean): FilterSession {
  let ran = false;
  return {
    files: asked ? { [LISTENER_SOCKET]: audit.listenerSocket } : {},
    started: () => {
      ran = true;
      audit.begin();
    },
    companion: audit,
    refusals: audit.hostsWriter,
    end(json) {
      const rows = ran ? audit.end() : [];
      audit.close();
      if (!ran) return;
      if (path === "-")
        printError(json ? jsonLine({ kind: "summary", refused: rows }) : explainTally(rows, escapeText));
      if (audit.failure !== undefined)
        printError(`nsbox: Cannot write all of --audit ${JSON.stringify(path)}: ${audit.failure}; all was refused\n`);
    },
  };
}
