// Every kind of step. Adding one to Step without a row in KINDS does not compile.
import type { Call } from "#ffi/tape/call.ts";
import type { Phase, StepKind } from "./step.ts";
import * as confine from "./steps/confine.ts";
import * as detached from "./steps/detached.ts";
import * as enter from "./steps/enter.ts";
import * as files from "./steps/files.ts";
import * as hold from "./steps/hold.ts";
import * as idle from "./steps/idle.ts";
import * as init from "./steps/init.ts";
import * as launch from "./steps/launch.ts";
import * as plain from "./steps/plain-mounts.ts";
import * as mounts from "./steps/mounts.ts";
import * as namespaces from "./steps/namespaces.ts";
import { type OpenFilesStep, openFilesStep } from "./steps/open-files.ts";
import * as network from "./steps/network.ts";
import * as process from "./steps/process.ts";
import * as streams from "./steps/streams.ts";
import * as terminal from "./steps/terminal.ts";

export type Step =
  | launch.CloneStep
  | launch.WaitStep
  | namespaces.JoinStep
  | namespaces.OwnIdMapStep
  | namespaces.TimeStep
  | namespaces.CgroupStep
  | namespaces.HostnameStep
  | namespaces.DomainnameStep
  | namespaces.LoopbackStep
  | namespaces.EnterNetworkStep
  | namespaces.AwaitNetworkStep
  | namespaces.EgressStep
  | network.NetworkStep
  | files.MkdirStep
  | files.TouchStep
  | files.SymlinkStep
  | files.FileStep
  | mounts.PrivateMountsStep
  | mounts.OpenTreeStep
  | mounts.ReceiveTreeStep
  | mounts.NewFilesystemStep
  | mounts.StageStep
  | mounts.HostRootStep
  | mounts.PivotStep
  | mounts.AttachStep
  | mounts.ProtectStep
  | plain.MountStep
  | plain.FreshFoldersStep
  | plain.MountAgainStep
  | plain.OpenNodeStep
  | plain.AttachNodeStep
  | plain.ReadOnlyPathStep
  | mounts.ReadOnlyRootStep
  | terminal.OpenTerminalStep
  | terminal.UseTerminalStep
  | streams.StreamsStep
  | process.ParentDeathStep
  | process.SetIdsStep
  | process.BecomeRootStep
  | process.BoundingStep
  | process.CapabilitiesStep
  | process.NoNewPrivsStep
  | OpenFilesStep
  | process.RlimitStep
  | process.OomScoreStep
  | process.UmaskStep
  | process.ChdirStep
  | process.SessionStep
  | process.GroupStep
  | process.SignalsStep
  | process.CloseFilesStep
  | process.CloseOnExecStep
  | process.PersonalityStep
  | process.ExecInitStep
  | process.ExecStep
  | confine.KeyringStep
  | confine.NotDumpableStep
  | confine.LandlockStep
  | confine.LandlockRulesStep
  | hold.ExecHolderStep
  | hold.HoldStep
  | confine.SeccompStep
  | idle.IdleStep
  | init.StartCommandStep
  | init.SuperviseStep
  | enter.JoinCgroupStep
  | enter.JoinProcessStep
  | enter.EnterRootStep
  | detached.OutliveStep
  | detached.LogStreamsStep
  | detached.RunDetachedStep;

type StepOf<K extends Step["kind"]> = Extract<Step, { kind: K }>;

const KINDS: { readonly [K in Step["kind"]]: StepKind<StepOf<K>> } = {
  clone: launch.cloneStep,
  wait: launch.waitStep,
  join: namespaces.joinStep,
  "own-id-map": namespaces.ownIdMapStep,
  "time-namespace": namespaces.timeStep,
  "cgroup-namespace": namespaces.cgroupStep,
  hostname: namespaces.hostnameStep,
  domainname: namespaces.domainnameStep,
  loopback: namespaces.loopbackStep,
  "enter-network": namespaces.enterNetworkStep,
  "await-network": namespaces.awaitNetworkStep,
  egress: namespaces.egressStep,
  "open-netlink": network.openNetlinkStep,
  "link-up": network.linkUpStep,
  address: network.addressStep,
  route: network.routeStep,
  mkdir: files.mkdirStep,
  touch: files.touchStep,
  symlink: files.symlinkStep,
  file: files.fileStep,
  "private-mounts": mounts.privateMountsStep,
  "open-tree": mounts.openTreeStep,
  "receive-tree": mounts.receiveTreeStep,
  "new-filesystem": mounts.newFilesystemStep,
  stage: mounts.stageStep,
  "host-root": mounts.hostRootStep,
  pivot: mounts.pivotStep,
  attach: mounts.attachStep,
  protect: mounts.protectStep,
  mount: plain.mountStep,
  "fresh-folders": plain.freshFoldersStep,
  "mount-again": plain.mountAgainStep,
  "open-node": plain.openNodeStep,
  "attach-node": plain.attachNodeStep,
  "read-only-path": plain.readOnlyPathStep,
  "read-only-root": mounts.readOnlyRootStep,
  "open-terminal": terminal.openTerminalStep,
  "use-terminal": terminal.useTerminalStep,
  streams: streams.streamsStep,
  "parent-death": process.parentDeathStep,
  "set-ids": process.setIdsStep,
  "become-root": process.becomeRootStep,
  bounding: process.boundingStep,
  capabilities: process.capabilitiesStep,
  "no-new-privs": process.noNewPrivsStep,
  rlimit: process.rlimitStep,
  "open-files": openFilesStep,
  "oom-score": process.oomScoreStep,
  umask: process.umaskStep,
  chdir: process.chdirStep,
  session: process.sessionStep,
  "process-group": process.groupStep,
  signals: process.signalsStep,
  "close-files": process.closeFilesStep,
  "close-on-exec": process.closeOnExecStep,
  personality: process.personalityStep,
  "exec-init": process.execInitStep,
  exec: process.execStep,
  "session-keyring": confine.keyringStep,
  "not-dumpable": confine.notDumpableStep,
  landlock: confine.landlockStep,
  "landlock-rules": confine.landlockRulesStep,
  "exec-holder": hold.execHolderStep,
  hold: hold.holdStep,
  seccomp: confine.seccompStep,
  idle: idle.idleStep,
  "start-command": init.startCommandStep,
  supervise: init.superviseStep,
  "join-cgroup": enter.joinCgroupStep,
  "join-process": enter.joinProcessStep,
  "enter-root": enter.enterRootStep,
  outlive: detached.outliveStep,
  "log-streams": detached.logStreamsStep,
  "run-detached": detached.runDetachedStep,
};

// The one place that pairs a step with its row: TypeScript cannot see that both share a kind.
function kindOf(step: Step): StepKind<Step> {
  return KINDS[step.kind] as StepKind<Step>;
}

/** One line for people: what the step does. */
export function explainStep(step: Step): string {
  return kindOf(step).explain(step);
}

/** The system calls that carry the step out. */
export function lowerStep(step: Step): readonly Call[] {
  return kindOf(step).lower(step);
}

/** Where in its process's life the step stands. */
export function phaseOf(step: Step): Phase {
  return kindOf(step).phase;
}
