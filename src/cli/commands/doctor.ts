// `nsbox doctor`: what this machine allows, with evidence, and what to do where it doesn't.
import { DOCTOR_OPTIONS, type DoctorDraft } from "#src/cli/doctor-options.ts";
import { parseOptions } from "#src/cli/parse.ts";
import { parseRun } from "#src/cli/parse-run.ts";
import { explainDiagnosis } from "#src/doctor/explain-diagnosis.ts";
import { judgeMachine } from "#src/doctor/probes.ts";
import { readObservations } from "#src/doctor/read-observations.ts";
import { NsboxError } from "#src/error.ts";
import { printOut } from "#src/host/print.ts";
import { isTerminal } from "#src/host/read-facts.ts";

const WIDTH = 80;

/** 0 if `nsbox run` works here with its defaults, 1 if not. Throws NsboxError. */
export async function doctorCommand(argv: readonly string[]): Promise<number> {
  const draft: DoctorDraft = { json: false };
  const { words } = parseOptions(DOCTOR_OPTIONS, draft, argv, { command: "doctor", stopAtWord: false });
  if (words.length > 0)
    throw new NsboxError("EUSAGE", `Cannot examine ${JSON.stringify(words[0])}: nsbox doctor takes no words`, {
      hint: "write nsbox doctor alone",
    });
  const diagnosis = judgeMachine(readObservations((words) => parseRun(words)));
  const color = isTerminal(1) && (process.env["NO_COLOR"] ?? "") === "";
  printOut(
    draft.json ? `${JSON.stringify(diagnosis, null, 2)}\n` : explainDiagnosis(diagnosis, { color, width: WIDTH }),
  );
  return diagnosis.works ? 0 : 1;
}
