// A refused clone has causes that only the machine knows.
import { NsboxError } from "#src/error.ts";
import { diagnoseUserNamespaces } from "#src/host/diagnose-user-namespaces.ts";
import type { Spec } from "#src/spec/spec.ts";

/** The error with what stands in the way of user namespaces here, where it is about one; else as it is. */
export function explainRefusedClone(error: unknown, spec: Spec): unknown {
  if (!(error instanceof NsboxError) || error.errno === undefined) return error;
  const refused = error.step?.actor === "launcher" && error.step.index === 0;
  if (!refused || spec.linux.namespaces.user.kind !== "new") return error;
  const { message, syscall, errno, step, hint } = error;
  return new NsboxError("EHOST", message, {
    syscall,
    errno: errno.number,
    step,
    hint: withWeakerWay(diagnoseUserNamespaces() ?? hint, spec),
    cause: error,
  });
}

/** What is left to who can't change the machine; a box that lives on can't do without a PID namespace. */
function withWeakerWay(hint: string | undefined, spec: Spec): string | undefined {
  if (spec.box.detached !== undefined) return hint;
  const weaker = "use --no-namespaces, a weaker box";
  return hint === undefined ? weaker : `${hint}; or ${weaker}`;
}
