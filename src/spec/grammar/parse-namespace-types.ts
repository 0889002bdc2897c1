// --ns of `exec`.
import { NAMESPACE_TYPES, type NamespaceType } from "#src/spec/spec.ts";
import { usageError } from "./usage-error.ts";

/** "net,uts" → those types of namespaces(7). */
export function parseNamespaceTypes(flag: string, text: string): readonly NamespaceType[] {
  return text.split(",").map((word) => {
    const type = NAMESPACE_TYPES.find((name) => name === word);
    if (type !== undefined) return type;
    throw usageError(
      flag,
      text,
      `${JSON.stringify(word)} is no kind of namespace`,
      `use ${NAMESPACE_TYPES.join(", ")}`,
    );
  });
}
