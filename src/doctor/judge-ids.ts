// Ids beyond the caller's own: --subids, and ranges in --uid-map and --gid-map. Pure.
import { type Judgement, no, yes } from "./finding.ts";
import { judgeTrial } from "./judge-box.ts";
import { type Observations, SETTINGS } from "./observations.ts";

export function judgeSubordinateIds({ uid, subuids, subgids }: Observations): Judgement {
  const evidence = `/etc/subuid gives uid ${uid} ${subuids} ids, /etc/subgid ${subgids}`;
  if (subuids > 0 && subgids > 0) return yes(evidence);
  const remedy = 'usermod --add-subuids 100000-165535 --add-subgids 100000-165535 "$USER"';
  if (uid !== 0) return no(evidence, `as root, ${remedy}`);
  return { answer: "partly", evidence: `${evidence}; root maps any id with --uid-map`, remedy };
}

const INSTALL = "apt install uidmap (Debian, Ubuntu), or dnf install shadow-utils (Fedora)";

/** newuidmap(1) writes ranges for who may not; its right to do so is a bit or a capability of its file. */
export function judgeIdTools({ uid, tools, files }: Observations): Judgement {
  if (uid === 0) return yes("root needs none");
  const found = tools.filter(({ name }) => name === "newuidmap" || name === "newgidmap");
  const missing = found.filter(({ path }) => path === undefined).map(({ name }) => name);
  if (missing.length > 0) return no(`${missing.join(", ")}: not in PATH`, INSTALL);
  const paths = found.flatMap(({ path }) => path ?? []);
  const plain = found.filter(({ privileged }) => !privileged).flatMap(({ path }) => path ?? []);
  if (plain.length > 0)
    return no(
      `${plain.join(", ")}: neither set-user-ID root nor with capabilities`,
      `as root, chown root ${plain.join(" ")} && chmod u+s ${plain.join(" ")}`,
    );
  if (/^NoNewPrivs:\t1$/m.test(files[SETTINGS.status] ?? ""))
    return no(
      `${paths.join(", ")} can't raise privileges: no_new_privs is set for this process`,
      "start nsbox from a process without no_new_privs: outside the sandbox or service that sets it",
    );
  return yes(paths.join(", "));
}

/** A box that had the caller's own range mapped. */
export function judgeIdRanges({ subuids, subgids, trials }: Observations): Judgement {
  if (subuids === 0 || subgids === 0) return { answer: "unknown", evidence: "there is no range to map" };
  return judgeTrial(trials.subids, "a box had a range of them");
}
