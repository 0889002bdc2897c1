// Host and domain name, see uts_namespaces(7).
import { type Group, type Readable, rows, shown } from "./group.ts";

export interface Names {
  readonly hostname: string;
  /** Of NIS; "(none)" where nobody set one. */
  readonly domainname: string;
}

/** Bytes of each field of `struct utsname`. */
const FIELD = 65;
export const UTSNAME_BYTES: number = 6 * FIELD;

/** What uname(2) filled in: sysname, nodename, release, version, machine, domainname. */
export function parseUtsname(bytes: Uint8Array): Names {
  return { hostname: fieldOf(bytes, 1), domainname: fieldOf(bytes, 5) };
}

const decoder: TextDecoder = new TextDecoder();

function fieldOf(bytes: Uint8Array, index: number): string {
  const field = bytes.subarray(index * FIELD, (index + 1) * FIELD);
  const end = field.indexOf(0);
  return decoder.decode(end === -1 ? field : field.subarray(0, end));
}

export function explainNames(names: Readable<Names>): Group {
  const blocks =
    "value" in names
      ? rows(
          { label: "host name", value: names.value.hostname || "none" },
          {
            label: "domain",
            value: names.value.domainname === "(none)" ? "none" : names.value.domainname || "none",
            note: "of NIS, which hardly anyone uses",
          },
        )
      : rows({ label: "host name", value: shown(names, () => "") });
  return { title: "Names", meaning: "what uname tells inside", blocks: [blocks] };
}
